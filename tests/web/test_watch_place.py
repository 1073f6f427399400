from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from fake_page import FakePage, RerunError
from roomread.errors import MediaError
from roomread.room import RoomMood
from roomread.services.watch import LiveState
from roomread.settings.environment import Settings
from roomread.web import watch_place
from roomread.web.watch_place import show_place

PLACE = "A camera's number, a stream's address, or screen:"


@dataclass
class FakePreview:
    """A fake preview, which opens no source and starts no thread."""

    source: str
    analyzer: object = None
    error: MediaError | None = None
    running: bool = True
    closed: bool = False
    watch: Any = field(default_factory=lambda: SimpleNamespace(state=LiveState()))

    def look(self) -> bytes:
        return b"" if self.error is not None else b"JPEG"

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> FakePage:
    made = FakePage()
    cameras = SimpleNamespace(take=lambda *_: True)
    monkeypatch.setattr(watch_place, "st", made)
    monkeypatch.setattr(watch_place, "Preview", FakePreview)
    monkeypatch.setattr(watch_place, "engine", lambda: SimpleNamespace(cameras=cameras))
    monkeypatch.setattr(watch_place, "room_analyzer", lambda: "the room's analyzer")
    monkeypatch.setattr(
        watch_place, "visitor_preferences", lambda: SimpleNamespace(class_size=None)
    )
    monkeypatch.setattr(watch_place, "ask_recording", lambda **_: None)
    for name in ("show_state", "show_trouble", "show_room"):
        monkeypatch.setattr(watch_place, name, lambda *_: None)
    return made


def preview(page: FakePage) -> FakePreview:
    found: FakePreview = page.session_state["preview"]
    return found


def test_no_source_is_opened_before_the_visitor_enters_a_source(page: FakePage) -> None:
    show_place("visit 1")
    assert page.session_state == {}
    assert page.texts("info") == ["0 is the first camera of this computer; screen: is its screen."]


def test_preview_of_a_new_source_replaces_the_previous_preview(page: FakePage) -> None:
    page.answers = {PLACE: " 0 ", "Show it": True}
    show_place("visit 1")
    first = preview(page)
    assert (first.source, first.analyzer) == ("0", "the room's analyzer")
    page.answers = {PLACE: "screen:", "Show it": True}
    show_place("visit 1")
    assert first.closed
    assert preview(page).source == "screen:"
    page.answers = {}
    show_place("visit 1")
    assert not preview(page).closed


def test_empty_input_closes_the_preview_and_shows_an_error(page: FakePage) -> None:
    shown = FakePreview("0")
    page.session_state["preview"] = shown
    page.answers = {PLACE: " ", "Show it": True}
    show_place("visit 1")
    assert shown.closed
    assert page.texts("error") == ["Name a camera, a stream or a screen."]
    assert preview(page) is None


def test_alternative_text_of_the_preview_states_the_number_of_people(page: FakePage) -> None:
    shown: Any = FakePreview("0")
    watch_place._show_picture(shown)
    shown.watch.state = LiveState(moods=(RoomMood(1.0, 6, 5),))
    watch_place._show_picture(shown)
    first, second = page.texts("html")
    assert first.startswith('<img alt="Preview" src="data:image/jpeg;base64,SlBFRw=="')
    assert second.startswith('<img alt="6 seen, 5 of them readable."')


def test_source_that_fails_or_ends_is_reported(page: FakePage) -> None:
    failed: Any = FakePreview("9", error=MediaError("9: there is no such camera"))
    watch_place._follow(failed, "visit 1")
    watch_place._show_picture(failed)
    assert page.texts("error") == ["9: there is no such camera"]
    assert page.texts("html") == []
    ended: Any = FakePreview("0", running=False)
    watch_place._follow(ended, "visit 1")
    assert page.texts("warning") == ["The source has ended."]


@dataclass
class FakeRequest:
    """A fake request for a recording."""

    analyzer: object = None


def test_starting_a_recording_closes_the_preview_and_records_its_source(
    page: FakePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: Any = FakePreview("0")
    page.session_state["preview"] = shown
    started: list[tuple[str, object]] = []

    def start(source: str, request: FakeRequest, _store: object) -> SimpleNamespace:
        assert shown.closed
        started.append((source, request.analyzer))
        return SimpleNamespace(id="0a1b2c3d")

    def leave(session: str) -> None:
        assert session == "0a1b2c3d"
        raise RerunError

    monkeypatch.setattr(watch_place, "ask_recording", lambda **_: FakeRequest())
    monkeypatch.setattr(watch_place, "recordings", lambda: SimpleNamespace(start=start))
    monkeypatch.setattr(watch_place, "visitor_sessions", lambda: None)
    monkeypatch.setattr(watch_place, "go_to", leave)
    with pytest.raises(RerunError):
        watch_place._offer_recording(shown)
    assert started == [("0", "the room's analyzer")]
    assert "preview" not in page.session_state


def test_recording_that_cannot_begin_is_reported(
    page: FakePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise MediaError("0: cannot be opened")

    shown: Any = FakePreview("0")
    monkeypatch.setattr(watch_place, "ask_recording", lambda **_: FakeRequest())
    monkeypatch.setattr(watch_place, "recordings", lambda: SimpleNamespace(start=fail))
    monkeypatch.setattr(watch_place, "visitor_sessions", lambda: None)
    monkeypatch.setattr(watch_place, "load_settings", Settings)
    watch_place._offer_recording(shown)
    assert page.texts("error") == ["0: cannot be opened"]
