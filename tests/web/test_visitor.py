from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fake_page import FakePage
from roomread.errors import ProfileError
from roomread.services.engine import USER_HEADER
from roomread.web import visitor
from roomread.web.visitor import (
    ask_states,
    is_signed_in,
    owner,
    profiles_on,
    visitor_analyzer,
    visitor_profiles,
)

ASHA = SimpleNamespace(name="asha")


class FakeTeaching:
    """A fake teaching service, with one profile that can be used and one that cannot."""

    def room_states(self) -> list[str]:
        return ["bored", "confused"]

    def usable(self, names: list[str], _model: object) -> tuple[list[Any], dict[str, ProfileError]]:
        refused = {name: ProfileError(f"{name}: another net.") for name in names if name != "asha"}
        return [ASHA] * ("asha" in names), refused


class FakeAnalyzer:
    """A fake analyzer, which keeps its profiles."""

    model = None

    def __init__(self, profiles: list[Any] | None = None) -> None:
        self.profiles = profiles

    def with_profiles(self, profiles: list[Any]) -> FakeAnalyzer:
        return FakeAnalyzer(profiles)


PLAIN = FakeAnalyzer()


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> FakePage:
    """Return the page of a request whose header names a user."""
    made = FakePage()
    made.context = SimpleNamespace(headers={USER_HEADER: "user:1"})
    monkeypatch.setattr(visitor, "st", made)
    monkeypatch.setattr(visitor, "teaching_service", FakeTeaching)
    monkeypatch.setattr(visitor, "engine", lambda: SimpleNamespace(analyzer=PLAIN))
    return made


def test_header_with_the_user_is_trusted_only_within_the_service(
    page: FakePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitor, "served_engine", lambda: None)
    assert owner() == "local"
    assert not is_signed_in()
    monkeypatch.setattr(visitor, "served_engine", object)
    assert owner() == "user:1"
    assert is_signed_in()
    page.context.headers.clear()
    assert owner() == "local"


def test_profile_that_cannot_be_used_is_named_and_switched_off(page: FakePage) -> None:
    profiles_on().update({"asha", "omar"})
    assert visitor_profiles() == [ASHA]
    assert page.texts("warning") == ["omar: another net. The profile is switched off."]
    assert page.texts("caption") == ["Profiles: asha."]
    assert profiles_on() == {"asha"}


@pytest.mark.usefixtures("page")
def test_analyzer_has_the_profiles_that_are_switched_on() -> None:
    analyzer: Any = visitor_analyzer()
    assert analyzer is PLAIN
    profiles_on().add("asha")
    analyzer = visitor_analyzer()
    assert analyzer.profiles == [ASHA]


def test_choosing_taught_states_leaves_other_profiles_switched_on(page: FakePage) -> None:
    profiles_on().update({"asha", "bored"})
    page.answers = {"Taught states to look for": ["confused"]}
    ask_states()
    assert profiles_on() == {"asha", "confused"}
    assert page.element("Taught states to look for").options["default"] == ["bored"]


def test_visitor_without_taught_states_is_not_asked_for_states(
    page: FakePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = SimpleNamespace(room_states=list)
    monkeypatch.setattr(visitor, "teaching_service", lambda: nothing)
    ask_states()
    assert page.drawn == []


@pytest.mark.usefixtures("page")
def test_signed_in_user_has_the_profiles_stored_in_the_service(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[tuple[object, str, Path]] = []
    monkeypatch.setattr(visitor, "load_settings", lambda: SimpleNamespace(data=tmp_path))
    monkeypatch.setattr(
        visitor, "shelf_of", lambda store, owner, data: asked.append((store, owner, data))
    )
    for served in (None, SimpleNamespace(store="the store")):
        monkeypatch.setattr(visitor, "served_engine", lambda served=served: served)
        visitor.profile_shelf()
    assert asked == [(None, "local", tmp_path), ("the store", "user:1", tmp_path)]
