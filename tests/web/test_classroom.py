from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fake_page import FakePage, RerunError
from roomread.settings.environment import Settings
from roomread.store import OwnerStore, Store
from roomread.web import classroom


@pytest.fixture
def store(tmp_path: Path) -> Iterator[OwnerStore]:
    opened = Store(f"sqlite:///{tmp_path / 'roomread.db'}")
    yield opened.owned_by("user:1")
    opened.close()


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, store: OwnerStore) -> FakePage:
    """Return the page of a visitor who may record; each section draws only its name."""
    made = FakePage()
    queue = SimpleNamespace(store=None)
    monkeypatch.setattr(classroom, "st", made)
    monkeypatch.setattr(classroom, "may_record", lambda: True)
    monkeypatch.setattr(classroom, "recordings", lambda: queue)
    monkeypatch.setattr(classroom, "visitor_sessions", lambda: store)

    def part(name: str) -> Callable[..., None]:
        return lambda *_: made.text(name)

    for name in ("_ask", "_list", "show_comparison", "show_session"):
        monkeypatch.setattr(classroom, name, part(name))
    return made


def test_page_shows_the_recording_form_and_the_list_unless_the_url_names_lessons(
    page: FakePage, store: OwnerStore
) -> None:
    classroom.show()
    assert page.texts("text") == ["_ask", "_list"]
    page.query_params = {"session": store.create("Algebra 7b").id}
    classroom.show()
    page.query_params = {"compare": "1,2"}
    classroom.show()
    assert page.texts("text")[2:] == ["show_session", "show_comparison"]


def test_url_that_compares_a_single_lesson_shows_the_list_of_lessons(page: FakePage) -> None:
    page.query_params = {"compare": "1"}
    classroom.show()
    assert page.texts("text") == ["_ask", "_list"]


def test_error_for_an_unknown_lesson_offers_a_button_to_all_lessons(
    page: FakePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leave() -> None:
        raise RerunError

    monkeypatch.setattr(classroom, "go_to", leave)
    page.query_params = {"session": "00000000"}
    classroom.show()
    assert page.texts("error") == ["there is no session '00000000'"]
    page.answers = {"All lessons": True}
    with pytest.raises(RerunError):
        classroom.show()


def test_visitor_who_may_not_record_gets_an_explanation(
    page: FakePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classroom, "may_record", lambda: False)
    classroom.show()
    assert page.texts("text") == []
    (text,) = page.texts("info")
    assert "roomread serve --sign-in" in text


class FakeQueue:
    """A fake queue of recordings, which keeps the paths and URLs that it was told to record."""

    def __init__(self) -> None:
        self.places: list[str] = []

    def start(self, place: str, _request: object, _store: object) -> SimpleNamespace:
        self.places.append(place)
        return SimpleNamespace(id="0a1b2c3d")


def ask(
    monkeypatch: pytest.MonkeyPatch, *, place: str = "", missing: str = "", local: bool = True
) -> tuple[FakePage, FakeQueue, list[dict[str, str]]]:
    """Press Start, and return the page, the queue, and the pages to which the visitor is sent."""
    page, queue = FakePage({"Start": True, "or a path or a URL": place}), FakeQueue()
    sent: list[dict[str, str]] = []
    form = SimpleNamespace(missing=missing, request=None)
    monkeypatch.setattr(classroom, "st", page)
    monkeypatch.setattr(classroom, "ask_lesson", lambda **_: form)
    monkeypatch.setattr(
        classroom, "switch_to", lambda name, **shown: sent.append({name: shown["session"]})
    )
    given: Any = queue
    store: Any = None
    classroom._ask(given, store, Settings(local_files=local))
    return page, queue, sent


def test_recording_of_a_path_is_started_and_shown_on_the_watch_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page, queue, sent = ask(monkeypatch, place=" lesson.mp4 ")
    assert queue.places == ["lesson.mp4"]
    assert sent == [{"watch": "0a1b2c3d"}]
    assert page.texts("error") == []


@pytest.mark.parametrize(
    ("place", "missing", "local", "error"),
    [
        ("", "", True, "Choose a recording."),
        ("lesson.mp4", "The recording needs a name.", True, "The recording needs a name."),
        ("lesson.mp4", "", False, "Choose a recording."),
    ],
    ids=["nothing to record", "incomplete form", "paths are not allowed"],
)
def test_incomplete_form_starts_no_recording(
    monkeypatch: pytest.MonkeyPatch, place: str, missing: str, error: str, *, local: bool
) -> None:
    page, queue, sent = ask(monkeypatch, place=place, missing=missing, local=local)
    assert page.texts("error") == [error]
    assert queue.places == []
    assert sent == []
