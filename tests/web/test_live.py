from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from types import SimpleNamespace

from fake_page import FakePage, RerunError
from roomread import Analyzer
from roomread.errors import SessionError
from roomread.services.watch import LiveState, LiveWatch
from roomread.settings.environment import Settings
from roomread.testing import FixedClassifier, FixedDetector
from roomread.web import live
from roomread.web.camera_link import CameraLink
from roomread.web.live import offer_recording

ANALYZER = Analyzer(detector=FixedDetector([]), classifier=FixedClassifier())


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> FakePage:
    made = FakePage()
    monkeypatch.setattr(live, "st", made)
    monkeypatch.setattr(live, "show_last_recording", lambda _: None)
    return made


@pytest.fixture
def watch() -> LiveWatch:
    return LiveWatch(ANALYZER)


@pytest.mark.usefixtures("page")
def test_reconnecting_camera_keeps_its_live_state_and_a_new_camera_gets_a_new_state() -> None:
    link = CameraLink()
    first = live._watch(link, ANALYZER)
    second = live._watch(link, ANALYZER)
    assert second is not first
    link.update(signalling=True, playing=False, now=0.0)
    assert live._watch(link, ANALYZER) is second
    link.stop(1.0)
    assert live._watch(link, ANALYZER) is not second


def test_new_camera_still_shows_the_last_recording(page: FakePage, watch: LiveWatch) -> None:
    recording = object()
    watch.recording = recording  # type: ignore[assignment] # it is only passed on
    page.session_state["live_watch"] = watch
    assert live._watch(CameraLink(), ANALYZER).recording is recording


def test_waiting_page_says_what_to_press_or_that_the_camera_was_lost(
    page: FakePage, watch: LiveWatch
) -> None:
    link = CameraLink()
    live._show_waiting(link, watch)
    assert page.texts("info")[0].startswith("Press START.")
    link.lost = True
    live._show_waiting(link, watch)
    assert page.texts("warning") == ["The camera is no longer connected. Press START to try again."]


def test_camera_error_is_explained_and_the_camera_can_be_tried_again(
    page: FakePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten: list[bool] = []
    monkeypatch.setattr(live, "forget_problem", lambda: forgotten.append(True))
    monkeypatch.setattr(live, "show_connection_test", lambda *_, **__: None)
    live._show_problem("NotFoundError", CameraLink(), [])
    assert page.texts("error") == ["No camera was found. Connect one, then try again."]
    assert page.element("The camera does not start?").options["expanded"]
    page.answers = {"Try again": True}
    with pytest.raises(RerunError):
        live._show_problem("NotFoundError", CameraLink(), [])
    assert forgotten == [True]


def test_diagnostics_show_frame_rate_frame_age_in_ms_and_dropped_frames(
    page: FakePage, watch: LiveWatch
) -> None:
    watch.state = LiveState(rate=12.4, age=0.0861, dropped=3)
    live._show_diagnostics(watch)
    assert [each.values for each in page.drawn if each.kind == "metric"] == [("12",), ("86",), (3,)]


def test_playing_camera_renews_its_camera_slot(
    page: FakePage, monkeypatch: pytest.MonkeyPatch, watch: LiveWatch
) -> None:
    taken: list[str] = []
    cameras = SimpleNamespace(take=lambda visit, _now: taken.append(visit))
    monkeypatch.setattr(live, "engine", lambda: SimpleNamespace(cameras=cameras))
    monkeypatch.setattr(live, "show_state", lambda moods, size: page.text(f"{len(moods)} {size}"))
    monkeypatch.setattr(live, "visitor_preferences", lambda: SimpleNamespace(class_size=28))
    monkeypatch.setattr(live, "show_trouble", lambda _: None)
    watch.oneself = True
    link = CameraLink()
    live._follow(watch, link, "visit 1")
    assert taken == ["visit 1"]
    assert page.texts("text") == ["0 28"]
    assert page.texts("info")[0].startswith("Only the largest face is read.")


def test_recording_that_cannot_begin_is_reported(
    page: FakePage, monkeypatch: pytest.MonkeyPatch, watch: LiveWatch
) -> None:
    def fail(*_: object) -> None:
        raise SessionError("a recording needs a name")

    monkeypatch.setattr(live, "ask_recording", lambda **_: object())
    monkeypatch.setattr(live, "recordings", lambda: None)
    monkeypatch.setattr(live, "visitor_sessions", lambda: None)
    monkeypatch.setattr(live, "load_settings", Settings)
    monkeypatch.setattr(watch, "record", fail, raising=False)
    offer_recording(watch)
    assert page.texts("error") == ["a recording needs a name"]
    monkeypatch.setattr(watch, "record", lambda *_: None, raising=False)
    with pytest.raises(RerunError):
        offer_recording(watch)
