"""A live source is read, calibrated and recorded, with fixed faces and a fixed net."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from roomread import Analyzer, Reading
from roomread.classifier import open_model
from roomread.errors import BusyError
from roomread.fewshot import Consent, Profile, Reference, feature_statistics_of
from roomread.pipeline import Moment
from roomread.readings import Face, NoPicture
from roomread.room import MIN_PEOPLE
from roomread.services.background_recording import RecordingQueue, RecordingRequest
from roomread.services.calibration import CALIBRATION_SECONDS
from roomread.services.watch import HISTORY_SECONDS, LiveWatch
from roomread.store import OwnerStore, Session, State, Store
from roomread.testing import FixedClassifier, FixedDetector
from walls import wall

FACE = (40.0, 30.0, 100.0, 110.0)
CLASS = [
    (10.0 + 100 * column, 15.0 + 115 * row, 80.0 + 100 * column, 105.0 + 115 * row)
    for row in range(2)
    for column in range(3)
]


class FakeClock:
    """A clock whose time the test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class CountingDetector(FixedDetector):
    """A detector that counts its calls."""

    asked = 0

    def detect(self, image: np.ndarray) -> list[Face]:
        self.asked += 1
        return super().detect(image)


class BusyDetector(FixedDetector):
    """A detector that raises `BusyError` while `busy` is set."""

    busy = False

    def detect(self, image: np.ndarray) -> list[Face]:
        if self.busy:
            raise BusyError("the nets are busy")
        return super().detect(image)


def watch_of(
    boxes: list[tuple[float, float, float, float]], clock: FakeClock | None = None
) -> LiveWatch:
    analyzer = Analyzer(detector=FixedDetector(boxes), classifier=FixedClassifier())
    return LiveWatch(analyzer, clock=clock or FakeClock())


def run(
    watch: LiveWatch, seconds: float, *, start: float = 0.0, step: float = 0.25
) -> tuple[Reading, ...]:
    """Push a camera's frames, and return the readings of the last one."""
    readings: tuple[Reading, ...] = ()
    for number in range(round(seconds / step)):
        time = start + number * step
        if isinstance(watch._clock, FakeClock):
            watch._clock.now += step
        readings = watch.push(wall(number % 97), time)
    return readings


@pytest.fixture
def recordings(store: Store) -> RecordingQueue:
    analyzer = Analyzer(detector=FixedDetector([]), classifier=FixedClassifier())
    return RecordingQueue(store, lambda: analyzer)


def lesson(consent: str = "") -> RecordingRequest:
    return RecordingRequest("Algebra 7b", every=0.5, rules="", consent=consent)


def test_dropped_frames_are_counted_and_times_start_at_the_first_frame() -> None:
    watch = watch_of([FACE])
    watch.push(wall(0), 7.25, dropped=3)
    readings = watch.push(wall(1), 7.5, dropped=2)
    assert watch.state.dropped == 5
    assert watch.state.now == pytest.approx(0.25)
    assert [reading.track_id for reading in readings] == [1]
    assert watch.state.readings == readings


def test_black_frame_is_reported_as_no_signal_and_has_no_readings() -> None:
    watch = watch_of([FACE])
    assert watch.push(np.zeros((240, 320, 3), np.uint8), 0.0) == ()
    assert watch.state.no_picture is NoPicture.BLANK


def test_frame_that_a_busy_analyzer_refuses_is_reported_and_does_not_change_the_moods() -> None:
    detector = BusyDetector(CLASS)
    analyzer = Analyzer(detector=detector, classifier=FixedClassifier())
    watch = LiveWatch(analyzer, clock=FakeClock())
    run(watch, 5)
    moods = watch.state.moods
    detector.busy = True
    run(watch, 5, start=5)
    assert "busy" in watch.state.busy
    assert watch.state.moods == moods


def test_score_history_contains_only_the_last_minute() -> None:
    watch = watch_of([FACE])
    run(watch, HISTORY_SECONDS + 10)
    (rows,) = watch.state.history.values()
    assert rows[-1][0] - rows[0][0] == HISTORY_SECONDS
    assert len(rows) == 4 * HISTORY_SECONDS + 1


def test_track_ids_of_each_live_source_begin_at_1() -> None:
    analyzer = Analyzer(detector=FixedDetector([FACE]), classifier=FixedClassifier())
    first, second = LiveWatch(analyzer), LiveWatch(analyzer)
    assert [r.track_id for r in run(first, 1)] == [r.track_id for r in run(second, 1)] == [1]


@pytest.mark.parametrize("people", [1, MIN_PEOPLE - 1, MIN_PEOPLE, 6])
def test_mood_of_a_room_has_a_valence_only_with_five_or_more_readable_faces(people: int) -> None:
    watch = watch_of(CLASS[:people])
    run(watch, 5)
    mood = watch.state.mood
    assert mood is not None
    assert mood.readable == people
    assert (mood.valence is not None) is (people >= MIN_PEOPLE)


def test_reconnected_camera_continues_its_times_and_keeps_its_calibration_and_moods() -> None:
    clock = FakeClock()
    watch = watch_of(CLASS, clock)
    run(watch, 10)
    watch.calibrated = True
    clock.now = 14.0
    watch.connect(Analyzer(detector=FixedDetector(CLASS), classifier=FixedClassifier()))
    # The camera's clock starts anew.
    run(watch, 5)
    assert watch.state.now == pytest.approx(18.75)
    times = [mood.time for mood in watch.state.moods]
    assert times == sorted(times)
    assert times[-1] > 14
    assert watch.calibrated


def test_calibration_does_not_run_the_detector_a_second_time_per_frame() -> None:
    detector = CountingDetector([FACE])
    analyzer = Analyzer(detector=detector)
    run(LiveWatch(analyzer, clock=FakeClock()), CALIBRATION_SECONDS + 1)
    without = detector.asked
    watch = LiveWatch(analyzer, clock=FakeClock())
    watch.calibrate()
    assert watch.calibrating == CALIBRATION_SECONDS
    run(watch, CALIBRATION_SECONDS + 1)
    assert watch.calibrating is None
    assert watch.calibrated
    assert watch.evaluation is not None
    assert detector.asked == 2 * without


def test_recording_stores_the_moods_that_are_shown_while_recording(
    recordings: RecordingQueue, sessions: OwnerStore
) -> None:
    watch = watch_of(CLASS)
    run(watch, 20)
    session = watch.record(recordings, lesson(), sessions)
    assert watch.is_recording
    run(watch, 30, start=20)
    shown = watch.state.moods
    watch.stop_recording()
    assert watch.recording is not None
    watch.recording.wait()
    kept = sessions.moods(session.id)
    assert kept[0].time < 3
    assert [mood.time for mood in kept] == pytest.approx([mood.time for mood in shown], abs=1e-3)
    assert [mood.valence for mood in kept] == pytest.approx([m.valence for m in shown], abs=1e-3)
    ended = sessions.session(session.id)
    assert ended.state() is State.ENDED
    assert not ended.keeps_people
    assert len(sessions.readings(session.id)) == 0


def test_recording_with_consent_stores_people_by_seat_and_without_names(
    recordings: RecordingQueue, sessions: OwnerStore
) -> None:
    watch = watch_of(CLASS)
    session = watch.record(recordings, lesson("all six, in writing"), sessions)
    run(watch, 10, step=0.1)
    watch.stop_recording()
    assert watch.recording is not None
    watch.recording.wait()
    readings = sessions.readings(session.id)
    assert set(readings.seats.tolist()) == {1, 2, 3, 4, 5, 6}
    # Two frames a second are recorded, though the camera sends ten.
    assert len(np.unique(readings.times)) == pytest.approx(20, abs=2)
    assert {reading.person for reading in readings} == {None}


def test_starting_a_second_recording_ends_the_first_recording(
    recordings: RecordingQueue, sessions: OwnerStore
) -> None:
    watch = watch_of(CLASS)
    watch.record(recordings, lesson(), sessions)
    first = watch.recording
    assert first is not None
    run(watch, 2)
    second = watch.record(recordings, lesson(), sessions)
    first.wait()
    assert sessions.session(first.session.id).state() is State.ENDED
    assert watch.is_recording
    assert watch.recording is not None
    assert watch.recording.session.id == second.id
    watch.stop_recording()
    watch.recording.wait()


def test_moods_are_computed_anew_after_a_recording_ends(
    recordings: RecordingQueue, sessions: OwnerStore
) -> None:
    watch = watch_of(CLASS)
    run(watch, 10)
    watch.record(recordings, lesson(), sessions)
    assert watch.recording is not None
    run(watch, 10, start=10)
    # Stop the recording as another page does.
    watch.recording.stop()
    watch.recording.wait()
    run(watch, 10, start=20)
    assert not watch.is_recording
    assert min(mood.time for mood in watch.state.moods) >= 20
    assert len(sessions.sessions()) == 1


def test_live_source_is_unchanged_when_its_recording_cannot_start(
    recordings: RecordingQueue, sessions: OwnerStore
) -> None:
    watch = watch_of(CLASS)
    run(watch, 5)
    wrong = RecordingRequest("Algebra 7b", every=0.5, rules="room is bored", consent="")
    with pytest.raises(Exception, match="room is bored"):
        watch.record(recordings, wrong, sessions)
    assert watch.recording is None
    assert watch.state.moods
    assert sessions.sessions() == []


def test_recording_of_a_deleted_session_ends_with_an_error(
    recordings: RecordingQueue, sessions: OwnerStore
) -> None:
    watch = watch_of(CLASS)
    session = watch.record(recordings, lesson(), sessions)
    run(watch, 5)
    sessions.delete(session.id)
    watch.stop_recording()
    assert watch.recording is not None
    watch.recording.wait()
    assert watch.recording.error is not None
    assert "deleted" in watch.recording.error.problem


def test_recording_ends_when_its_camera_sends_no_frames(
    recordings: RecordingQueue, sessions: OwnerStore
) -> None:
    silent = recordings.start_fed("webcam", lesson(), sessions, max_silence=0.0)
    silent.wait()
    assert sessions.session(silent.session.id).state() is State.ENDED


class FakeRecording:
    """A recording that keeps the readings passed to `feed`."""

    running = True

    def __init__(self, session: Session) -> None:
        self.session = session
        self.fed: list[Reading] = []

    def feed(self, time: float, readings: Sequence[Reading]) -> Moment:
        self.fed += readings
        return Moment(time, readings)


def test_name_from_the_profile_of_a_person_is_shown_but_not_recorded(
    sessions: OwnerStore, monkeypatch: pytest.MonkeyPatch, recordings: RecordingQueue
) -> None:
    model = open_model()
    features = np.zeros(len(feature_statistics_of(model).mean), dtype=np.float32)
    reference = Reference("neutral", features, np.zeros(7, dtype=np.float32))
    agreed = Consent.today("asha agreed to be taught")
    asha = Profile("asha", (reference,), model.name, model.digest, "asha", agreed)
    analyzer = Analyzer(detector=FixedDetector([FACE]), profiles=[asha])
    watch = LiveWatch(analyzer, clock=FakeClock())
    fake = FakeRecording(sessions.create("Algebra 7b"))
    monkeypatch.setattr(recordings, "start_fed", lambda *_: fake)
    watch.record(recordings, lesson(), sessions)
    (shown,) = run(watch, 1)
    assert shown.person == "asha"
    assert fake.fed
    assert {reading.person for reading in fake.fed} == {None}


def test_profiles_that_are_chosen_while_the_camera_runs_are_used_from_then_on() -> None:
    model = open_model()
    features = np.zeros(len(feature_statistics_of(model).mean), dtype=np.float32)
    reference = Reference("confused", features, np.zeros(7, dtype=np.float32))
    confused = Profile("confused", (reference,), model.name, model.digest)
    watch = LiveWatch(Analyzer(detector=FixedDetector([FACE])), clock=FakeClock())
    (before,) = run(watch, 1)
    watch.use(Analyzer(detector=FixedDetector([FACE]), profiles=[confused]))
    (after,) = run(watch, 1)
    assert before.states == ()
    assert [state.name for state in after.states] == ["confused"]
