"""Background recordings, with fixed faces, a fixed net, and a fake job queue."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from alert_receiver import FakeTarget
from classes import frame as class_frame
from roomread import Analyzer
from roomread.errors import MediaError, RulesError, SessionError
from roomread.jobs.video_job import VideoJob
from roomread.media import VideoWriter
from roomread.readings import Expression, Face
from roomread.services.alerts import AlertSender
from roomread.services.background_recording import Recording, RecordingQueue, RecordingRequest
from roomread.store import JobRecord, JobState, OwnerStore, State, Store
from roomread.testing import FixedClassifier, FixedDetector
from roomread.wire import FrameReadings, frame_to_dict
from walls import wall

CLASS = [
    (10.0 + 100 * column, 15.0 + 115 * row, 80.0 + 100 * column, 105.0 + 115 * row)
    for row in range(2)
    for column in range(3)
]
ANALYZER = Analyzer(detector=FixedDetector(CLASS), classifier=FixedClassifier())
REQUEST = RecordingRequest("Algebra 7b", every=0.5, rules="", consent="all, in writing")


class FakeJobs:
    """A job queue with one video, whose given readings are available immediately."""

    def __init__(self, folder: Path, lines: list[str], *, error: str = "") -> None:
        self.forgotten: list[str] = []
        self.received = b""
        self._folder, self._lines, self._error = folder, lines, error

    @contextmanager
    def taking(
        self, name: str, *, owner: str, annotated: bool, every: float
    ) -> Iterator[tuple[VideoJob, Path]]:
        assert not annotated
        record = JobRecord("1", owner, name, "upload.mp4", annotated, created=0.0, every=every)
        self._job = VideoJob(record, self._folder)
        yield self._job, self._folder / "upload.mp4"
        self.received = (self._folder / "upload.mp4").read_bytes()
        lines = "".join(f"{line}\n" for line in self._lines)
        (self._folder / "readings.jsonl").write_text(lines, encoding="utf-8")
        state = JobState.FAILED if self._error else JobState.FINISHED
        ended = replace(record, state=state, duration=20.0, error=self._error)
        self._job = VideoJob(ended, self._folder)

    def get(self, job_id: str, *, owner: str) -> VideoJob | None:
        assert (job_id, owner) == ("1", self._job.record.owner)
        return self._job

    def forget(self, job_id: str, *, owner: str) -> None:
        assert owner == self._job.record.owner
        self.forgotten.append(job_id)


def line(time: float) -> str:
    """Return one frame of five happy people as the JSON line that a job writes."""
    readings = class_frame(time, dict.fromkeys(range(1, 6), Expression.HAPPY))
    return json.dumps(
        frame_to_dict(FrameReadings("lesson", time, None, 1920, 1080, tuple(readings)))
    )


@pytest.fixture
def queue(store: Store) -> RecordingQueue:
    return RecordingQueue(store, lambda: ANALYZER, most=1)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Write a video of ten seconds at two frames a second."""
    path = tmp_path / "lesson.mp4"
    with VideoWriter(path) as writer:
        for number in range(20):
            writer.write(wall(number), number / 2)
    return path


def ended(queue: RecordingQueue, session_id: str) -> Recording:
    recording = queue.get(session_id)
    assert recording is not None
    recording.wait()
    assert not recording.running
    return recording


def test_video_file_is_recorded_to_its_end(
    queue: RecordingQueue, sessions: OwnerStore, video: Path
) -> None:
    session = queue.start(str(video), REQUEST, sessions)
    recording = ended(queue, session.id)
    assert recording.error is None
    assert recording.mood is not None
    assert recording.mood.readable == len(CLASS)
    assert recording.seconds == pytest.approx(9.5)
    assert sessions.session(session.id).state() is State.ENDED
    assert len(sessions.readings(session.id)) == 20 * len(CLASS)


def test_alerts_of_a_recording_are_sent_to_other_programs(
    store: Store, sessions: OwnerStore, video: Path
) -> None:
    target = FakeTarget()
    sender = AlertSender([target])
    queue = RecordingQueue(store, lambda: ANALYZER, alerts=lambda: sender)
    request = replace(REQUEST, rules="room coverage above 50% for 5 s")
    session = queue.start(str(video), request, sessions)
    ended(queue, session.id)
    sender.close(patience=10)
    assert target.accepted == [f"{session.id}-1-raised"]


def test_source_that_cannot_be_opened_leaves_no_session(
    queue: RecordingQueue, sessions: OwnerStore, tmp_path: Path
) -> None:
    with pytest.raises(MediaError, match="no such file"):
        queue.start(str(tmp_path / "nowhere.mp4"), REQUEST, sessions)
    assert sessions.sessions() == []


def test_invalid_rules_leave_no_session(
    queue: RecordingQueue, sessions: OwnerStore, video: Path
) -> None:
    with pytest.raises(RulesError):
        queue.start(str(video), replace(REQUEST, rules="room is bored"), sessions)
    assert sessions.sessions() == []


def test_number_of_simultaneous_recordings_is_limited(
    store: Store, sessions: OwnerStore, video: Path
) -> None:
    go_on = threading.Event()

    class SlowDetector(FixedDetector):
        def detect(self, image: NDArray[np.uint8]) -> list[Face]:
            go_on.wait(60)
            return super().detect(image)

    slow = Analyzer(detector=SlowDetector([]), classifier=FixedClassifier())
    queue = RecordingQueue(store, lambda: slow, most=1)
    session = queue.start(str(video), REQUEST, sessions)
    try:
        with pytest.raises(SessionError, match="1 sessions are already being recorded"):
            queue.start(str(video), REQUEST, sessions)
    finally:
        go_on.set()
    ended(queue, session.id)
    ended(queue, queue.start(str(video), REQUEST, sessions).id)


def test_uploaded_video_is_recorded_from_the_readings_of_its_job(
    queue: RecordingQueue, sessions: OwnerStore, tmp_path: Path
) -> None:
    jobs = FakeJobs(tmp_path, [line(n / 2) for n in range(40)])
    session = queue.read("lesson.mp4", b"a video", REQUEST, sessions, jobs)  # type: ignore[arg-type] # a fake
    recording = ended(queue, session.id)
    assert recording.error is None
    assert recording.duration == 20.0
    assert jobs.received == b"a video"
    assert jobs.forgotten == ["1"]
    assert sessions.moods(session.id)[-1].readable == 5
    assert {reading.seat for reading in sessions.readings(session.id)} == {1, 2, 3, 4, 5}


def test_error_of_a_job_ends_its_recording_and_keeps_earlier_frames(
    queue: RecordingQueue, sessions: OwnerStore, tmp_path: Path
) -> None:
    jobs = FakeJobs(tmp_path, [line(n / 2) for n in range(10)], error="lesson.mp4: damaged")
    session = queue.read("lesson.mp4", b"a video", REQUEST, sessions, jobs)  # type: ignore[arg-type] # a fake
    recording = ended(queue, session.id)
    assert "damaged" in str(recording.error)
    assert len(sessions.readings(session.id)) == 50
    assert sessions.session(session.id).state() is State.ENDED
    assert jobs.forgotten == ["1"]


def test_closing_the_queue_ends_its_recordings(tmp_path: Path, video: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'others.db'}")
    queue = RecordingQueue(store, lambda: ANALYZER)
    session = queue.start(str(video), REQUEST, store.owned_by("user:1"))
    queue.close()
    again = Store(f"sqlite:///{tmp_path / 'others.db'}")
    assert again.owned_by("user:1").session(session.id).state() is State.ENDED
    again.close()


def test_only_the_latest_ended_recordings_are_remembered(
    queue: RecordingQueue, sessions: OwnerStore
) -> None:
    begun = []
    for _ in range(25):
        recording = queue.start_fed("webcam", REQUEST, sessions)
        recording.stop()
        recording.wait()
        begun.append(recording.session.id)
    known = [session_id for session_id in begun if queue.get(session_id) is not None]
    assert known == begun[-21:]
