from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from contextlib import AbstractContextManager, nullcontext
from types import SimpleNamespace

from fake_page import FakePage
from roomread.web import engine


def test_page_uses_the_engine_of_the_service_and_creates_no_other_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    served = object()
    monkeypatch.setattr(engine, "served_engine", lambda: served)
    monkeypatch.setattr(engine, "_own_engine", lambda: pytest.fail("makes another engine"))
    assert engine.engine() is served


def test_app_without_the_service_creates_its_own_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    page, own = FakePage(), object()
    monkeypatch.setattr(engine, "st", page)
    monkeypatch.setattr(engine, "served_engine", lambda: None)
    monkeypatch.setattr(engine, "_own_engine", lambda: own)
    assert engine.engine() is own
    assert page.texts("spinner") == ["Loading the nets …"]


def test_visitor_waits_at_most_30_seconds_for_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[float, str]] = []

    def turn(*, patience: float, holder: str) -> AbstractContextManager[None]:
        asked.append((patience, holder))
        return nullcontext()

    limiter = SimpleNamespace(turn=turn)
    monkeypatch.setattr(engine, "engine", lambda: SimpleNamespace(limiter=limiter))
    with engine.turn("user:1"):
        assert asked == [(30.0, "user:1")]
