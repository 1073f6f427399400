"""Read the faces and the room's mood of one live source, and record both on request."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from roomread.errors import BusyError
from roomread.fewshot import LeaveOneOutResult
from roomread.media import SignalCheck
from roomread.pipeline import Analyzer, RoomPipeline
from roomread.readings import Expression, Frame, NoPicture, Reading, Scores
from roomread.room import RoomMeter, RoomMood, Seats
from roomread.services.background_recording import Recording, RecordingQueue, RecordingRequest
from roomread.services.calibration import CALIBRATION_SECONDS, NeutralCalibration
from roomread.services.frame_timing import FrameTiming
from roomread.services.purpose import Activity, allows
from roomread.store import OwnerStore, Session

HISTORY_SECONDS = 60.0
# Minimum time between two points of the one-minute chart, s; closer points would not be visible.
_HISTORY_STEP = 0.25
# Seconds between two frames that count for the room's mood, as in recordings of other sources.
_ROOM_STEP = 0.5
# Number of moods in the chart of the room: one a second for ten minutes.
_MAX_MOODS = 600


@dataclass(frozen=True, slots=True)
class LiveState:
    """The latest state of a source; immutable, because other threads read it.

    Attributes:
        readings: the readings of the last frame, largest face first.
        no_picture: why the last frame shows no picture; None if it shows a picture.
        busy: why the last frame was not read; empty if the frame was read.
        moods: the room's moods, oldest first; during a recording, the moods that are recorded.
        history: (time, scores) of each track seen in the last minute, oldest first.
        now: time of the last frame, s.
        rate: frames read per second.
        age: the time from the arrival of the last frame to its result, plus its delay on the
            network relative to the fastest frame so far, s.
        dropped: number of frames that were skipped because newer frames had arrived.
    """

    readings: tuple[Reading, ...] = ()
    no_picture: NoPicture | None = None
    busy: str = ""
    moods: tuple[RoomMood, ...] = ()
    history: dict[int, tuple[tuple[float, Scores], ...]] = field(default_factory=dict)
    now: float = 0.0
    rate: float = 0.0
    age: float = 0.0
    dropped: int = 0

    @property
    def mood(self) -> RoomMood | None:
        """The latest mood of the room; None before the first mood."""
        return self.moods[-1] if self.moods else None


class LiveWatch:
    """The reader of one camera, which continues across reconnections.

    One thread at a time pushes frames; every thread may read `state`, calibrate and record. If the
    purpose of the installation does not allow reading the faces of other people, the camera is
    assumed to show its own user, and only the largest face is kept.

    Args:
        analyzer: the analyzer, which several cameras may share.
        clock: a function that returns seconds on a monotonic clock.

    Attributes:
        state: the latest state of the source.
        evaluation: the result of testing the profile that the last calibration learnt; None before
            a calibration, or if it learnt no profile.
        calibrated: whether a calibration has ended.
        not_resting: the expression because of which the last calibration learnt nothing; None if
            the face was neutral.
        oneself: whether only the largest face is kept.
        recording: the recording that was started last; None before the first recording.
    """

    def __init__(self, analyzer: Analyzer, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.state = LiveState()
        self.evaluation: LeaveOneOutResult | None = None
        self.calibrated = False
        self.not_resting: Expression | None = None
        self.recording: Recording | None = None
        self.oneself = not allows(Activity.READ_OTHERS)
        self._analyzer, self._clock = analyzer, clock
        self._stream = analyzer.stream_analyzer()
        self._faces = RoomPipeline(self._stream, signal=SignalCheck())
        self._sink: Recording | None = None
        self._recording_start = 0.0
        self._room_due = 0.0
        self._calibration: NeutralCalibration | None = None
        self._calibration_requested = False
        self._moods: deque[RoomMood] = deque(maxlen=_MAX_MOODS)
        self._history: dict[int, deque[tuple[float, Scores]]] = {}
        self._timing = FrameTiming(clock)
        self._index = 0
        self._lock = threading.Lock()
        self._begin_room()

    @property
    def is_recording(self) -> bool:
        """Whether frames are recorded at present."""
        return self.recording is not None and self.recording.running

    @property
    def calibrating(self) -> float | None:
        """The remaining seconds of a calibration, at least 0; None if no calibration is running."""
        calibration = self._calibration
        if self._calibration_requested:
            return CALIBRATION_SECONDS
        return calibration.remaining(self.state.now) if calibration is not None else None

    def connect(self, analyzer: Analyzer) -> None:
        """Start a new connection; its frame times continue those of the last connection.

        Args:
            analyzer: the analyzer for the next frames; see `use`.
        """
        with self._lock:
            self._timing.connect()
        self.use(analyzer)

    def use(self, analyzer: Analyzer) -> None:
        """Read the next frames with another analyzer, if its profiles differ from those in use.

        A change of profiles discards the calibration.

        Args:
            analyzer: an analyzer of the same nets.
        """
        with self._lock:
            if _profile_names(analyzer) != _profile_names(self._analyzer):
                self._analyzer = analyzer
                self._calibration, self._calibration_requested = None, False
                self.forget_calibration()

    def calibrate(self) -> None:
        """Start learning the neutral face of the person nearest to the camera."""
        self.forget_calibration()
        self._calibration_requested = True

    def forget_calibration(self) -> None:
        """Discard the calibration."""
        self.calibrated, self.evaluation, self.not_resting = False, None, None
        self._stream.reader = self._analyzer.reader

    def record(
        self, recordings: RecordingQueue, request: RecordingRequest, store: OwnerStore
    ) -> Session:
        """Record the source into a new session until `stop_recording` or the end of the source.

        An earlier recording that is still running is stopped.

        Args:
            recordings: the recordings of this process.
            request: the request; people are always distinguished by their places.
            store: the store of the session's owner.

        Raises:
            SessionError: the session cannot be created.
            RulesError: the alert rules are invalid.
            PurposeError: the purpose of this installation does not allow recording a class.
        """
        recording = recordings.start_fed("webcam", request, store)
        self.stop_recording()
        with self._lock:
            self.recording = self._sink = recording
            self._recording_start = self.state.now
            self._begin_room()
        return recording.session

    def stop_recording(self) -> None:
        """Stop the recording and end its session."""
        if self.recording is not None:
            self.recording.stop()

    def push(
        self, image: NDArray[np.uint8], time: float, *, dropped: int = 0
    ) -> tuple[Reading, ...]:
        """Read the newest frame and return its readings, largest face first.

        Args:
            image: uint8 [H, W, 3] RGB.
            time: seconds by the clock of the camera, which may restart with each connection.
            dropped: number of older frames that were skipped in favour of this one.
        """
        with self._lock:
            begun = self._clock()
            frame = Frame(image, self._timing.since_start(time), self._index, "camera")
            self._index += 1
            readings, problem, busy = self._read(frame)
            if not busy:
                self._measure_room(frame.time, readings)
            self._remember(frame.time, readings)
            self.state = LiveState(
                readings=readings,
                no_picture=problem,
                busy=busy,
                moods=tuple(self._moods),
                history={track_id: tuple(rows) for track_id, rows in self._history.items()},
                now=frame.time,
                rate=self._timing.rate(),
                age=self._timing.age(time, begun),
                dropped=self.state.dropped + dropped,
            )
            return readings

    def _read(self, frame: Frame) -> tuple[tuple[Reading, ...], NoPicture | None, str]:
        """Return the readings, why the frame shows no picture, and why the frame was not read."""
        try:
            moment = self._faces.push(frame)
            readings = moment.readings[:1] if self.oneself else moment.readings
            self._calibrate(frame, readings)
        except BusyError as error:
            return (), None, str(error)
        return tuple(readings), moment.signal, ""

    def _measure_room(self, now: float, readings: Sequence[Reading]) -> None:
        if now < self._room_due:
            return
        self._room_due = max(self._room_due + _ROOM_STEP, now)
        # Remove the names, because a profile does not imply consent to be named in a session.
        nameless = [replace(reading, person=None) for reading in readings]
        if self._sink is not None and not self._sink.running:
            self._sink = None
            self._begin_room()
        if self._sink is not None:
            moment = self._sink.feed(now - self._recording_start, nameless)
        else:
            moment = self._room.push_readings(now, nameless)
        if moment.mood is not None:
            self._moods.append(moment.mood)

    def _begin_room(self) -> None:
        """Discard all moods, so that a recording's moods are not mixed with earlier moods."""
        self._room = RoomPipeline(seats=Seats(), meter=RoomMeter.for_interval(_ROOM_STEP))
        self._moods.clear()

    def _calibrate(self, frame: Frame, readings: Sequence[Reading]) -> None:
        if self._calibration_requested:
            self._calibration_requested = False
            self._calibration = NeutralCalibration(frame.time)
        calibration = self._calibration
        if calibration is None:
            return
        calibration.update(self._analyzer, frame, readings)
        if not calibration.is_over(frame.time):
            return
        self._calibration = None
        result = calibration.finish(self._analyzer.model)
        self.evaluation, self.calibrated, self.not_resting = result.evaluation, True, result.shown
        if result.binding is not None:
            profiles = [*self._analyzer.profiles, result.binding]
            self._stream.reader = self._analyzer.with_profiles(profiles).reader

    def _remember(self, now: float, readings: Sequence[Reading]) -> None:
        for reading in readings:
            if reading.scores is None or reading.track_id is None:
                continue
            rows = self._history.setdefault(reading.track_id, deque())
            if not rows or now - rows[-1][0] >= _HISTORY_STEP:
                rows.append((now, reading.scores))
        for track_id, rows in list(self._history.items()):
            while rows and now - rows[0][0] > HISTORY_SECONDS:
                rows.popleft()
            if not rows:
                del self._history[track_id]


def _profile_names(analyzer: Analyzer) -> list[str]:
    return [binding.profile.name for binding in analyzer.profiles]
