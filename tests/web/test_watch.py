from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from collections.abc import Callable
from types import SimpleNamespace

from fake_page import FakePage
from roomread.errors import DatabaseError
from roomread.settings.environment import Settings
from roomread.web import watch

SOURCE = "What to watch"


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> FakePage:
    """Return the page of this computer's own user; each section draws only its name."""
    made = FakePage()
    cameras = SimpleNamespace(count=4, take=lambda *_, **__: True)
    monkeypatch.setattr(watch, "st", made)
    monkeypatch.setattr(watch, "may_record", lambda: True)
    monkeypatch.setattr(watch, "owner", lambda: "local")
    monkeypatch.setattr(watch, "load_settings", lambda: Settings(local_files=True))
    monkeypatch.setattr(watch, "engine", lambda: SimpleNamespace(cameras=cameras))
    monkeypatch.setattr(watch, "switch_to", lambda name, session: made.text(f"{name} {session}"))

    def part(name: str) -> Callable[..., None]:
        return lambda *_: made.text(name)

    for name in ("show_webcam", "show_place", "show_call", "show_running", "ask_states"):
        monkeypatch.setattr(watch, name, part(name))
    return made


@pytest.mark.parametrize(
    ("source", "drawn"),
    [
        ("webcam", ["ask_states", "show_webcam"]),
        ("place", ["ask_states", "show_place"]),
        ("call", ["show_call"]),
    ],
)
def test_chosen_source_is_drawn(page: FakePage, source: str, drawn: list[str]) -> None:
    page.answers = {SOURCE: source}
    watch.show()
    assert page.texts("text") == drawn


@pytest.mark.parametrize(
    ("records", "local_files", "sources"),
    [(True, True, ["webcam", "call", "place"]), (True, False, ["webcam", "call"])],
)
def test_sources_on_the_computer_of_the_app_are_offered_only_to_its_local_user(
    page: FakePage,
    monkeypatch: pytest.MonkeyPatch,
    sources: list[str],
    *,
    records: bool,
    local_files: bool,
) -> None:
    monkeypatch.setattr(watch, "may_record", lambda: records)
    monkeypatch.setattr(watch, "load_settings", lambda: Settings(local_files=local_files))
    watch.show()
    assert page.element(SOURCE).values[0] == sources


def test_visitor_who_may_not_record_can_watch_only_the_webcam(
    page: FakePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "may_record", lambda: False)
    watch.show()
    assert page.texts("radio") == []
    assert page.texts("text") == ["ask_states", "show_webcam"]


def test_source_cannot_be_changed_while_its_camera_is_recorded(page: FakePage) -> None:
    page.session_state["live_watch"] = SimpleNamespace(is_recording=True)
    page.answers = {SOURCE: "call"}
    watch.show()
    assert page.texts("text") == ["show_webcam"]


def test_webcam_is_not_shown_when_all_camera_slots_are_taken(
    page: FakePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    cameras = SimpleNamespace(count=4, take=lambda *_, **__: False)
    monkeypatch.setattr(watch, "engine", lambda: SimpleNamespace(cameras=cameras))
    watch.show()
    assert page.texts("warning")[0].startswith("4 cameras are being read")
    assert page.texts("text") == []


def recording(owner: str, *, running: bool) -> SimpleNamespace:
    return SimpleNamespace(running=running, session=SimpleNamespace(owner=owner))


@pytest.mark.parametrize(
    ("found", "drawn"),
    [
        (recording("local", running=True), "show_running"),
        (recording("local", running=False), "lessons 0a1b2c3d"),
        (recording("user:2", running=True), "lessons 0a1b2c3d"),
        (None, "lessons 0a1b2c3d"),
    ],
    ids=["running", "ended", "of another user", "unknown"],
)
def test_running_recording_of_the_visitor_is_shown_and_other_recordings_open_their_lesson(
    page: FakePage,
    monkeypatch: pytest.MonkeyPatch,
    found: SimpleNamespace | None,
    drawn: str,
) -> None:
    queue = SimpleNamespace(get=lambda _: found)
    monkeypatch.setattr(watch, "recordings", lambda: queue)
    page.query_params = {"session": "0a1b2c3d"}
    watch.show()
    assert page.texts("text") == [drawn]


def test_database_that_cannot_be_opened_is_reported(
    page: FakePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise DatabaseError("the database is locked")

    monkeypatch.setattr(watch, "recordings", fail)
    assert watch._recording("0a1b2c3d") is None
    assert page.texts("error") == ["the database is locked"]
