"""One visitor's live camera: frames in, drawn frames out, and what the page shows beside them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

import av
import numpy as np
from numpy.typing import NDArray
from streamlit_webrtc import VideoProcessorBase

from roomread import Analyzer
from roomread.errors import BusyError
from roomread.fewshot import (
    Consent,
    LeaveOneOutResult,
    Profile,
    ProfileBinding,
    Reference,
    evaluate,
)
from roomread.media import SignalCheck, draw_readings
from roomread.pipeline import FrameMoment, RoomPipeline
from roomread.readings import Expression, Face, Frame, NoPicture, Reading, Scores
from roomread.room import RoomMeter, RoomMood

HISTORY_SECONDS = 60.0
# As often as a chart of a minute can show.
_HISTORY_STEP = 0.25
_RATE_SECONDS = 2.0
CALIBRATION_SECONDS = 10.0
# Frames closer together are nearly the same picture.
_CALIBRATION_STEP = 0.5
_LEAST_SHOTS = 5


@dataclass(frozen=True, slots=True)
class LiveState:
    """What a camera showed last. Never changed, only replaced: another thread reads it.

    Attributes:
        readings: of the last frame, the largest face first.
        no_picture: why there was nothing to read, or None.
        busy: why the frame was not read although there was something, or empty.
        mood: the latest mood of the room; None until the first is due.
        history: of each track seen in the last minute, (seconds, scores) from old to new.
        now: the last frame's time, seconds.
        rate: frames a second that were read.
        age: seconds from a frame to its result, the wait in the queue included; the way from the
            camera counts from its fastest frame.
        dropped: frames that were left out for newer ones.
    """

    readings: tuple[Reading, ...] = ()
    no_picture: NoPicture | None = None
    busy: str = ""
    mood: RoomMood | None = None
    history: dict[int, tuple[tuple[float, Scores], ...]] = field(default_factory=dict)
    now: float = 0.0
    rate: float = 0.0
    age: float = 0.0
    dropped: int = 0


class Calibration:
    """Ten seconds of one resting face: a profile of its neutral.

    Args:
        started: the first frame's time, s.
    """

    def __init__(self, started: float) -> None:
        self.started = started
        self.track_id: int | None = None
        self.references: list[Reference] = []
        self._next = started

    def left(self, now: float) -> float:
        """Seconds that it still takes, 0 when it is over."""
        # The page asks by the last finished frame's time, which may be before the first one's.
        return min(max(self.started + CALIBRATION_SECONDS - now, 0.0), CALIBRATION_SECONDS)

    def look(self, analyzer: Analyzer, frame: Frame, readings: Sequence[Reading]) -> None:
        """Takes the largest face's features, twice a second, while it is the same person's."""
        if frame.time < self._next or not readings or readings[0].scores is None:
            return
        nearest = readings[0]
        self.track_id = nearest.track_id if self.track_id is None else self.track_id
        if nearest.track_id != self.track_id:
            return
        self._next = frame.time + _CALIBRATION_STEP
        face = Face(nearest.box, nearest.landmarks, nearest.detection_confidence or 0.0)
        (seen,) = analyzer.observe(frame, [face])
        name = Expression.NEUTRAL.display_name
        self.references.append(seen.reference(name, name="the camera"))

    def profile(self, analyzer: Analyzer) -> Profile | None:
        """What was learnt; None where the face was seen too seldom."""
        if len(self.references) < _LEAST_SHOTS:
            return None
        consent = Consent.today("whoever pressed the button, for this visit")
        model = analyzer.model
        return Profile("you", tuple(self.references), model.name, model.digest, "you", consent)


class LiveCamera(VideoProcessorBase):
    """Reads the newest frame and leaves out those it overtook.

    Args:
        analyzer: shared with other visitors.
        mirrored: show the picture as a mirror does.

    Attributes:
        trial: of the last calibration; None before, or where the face was seen too seldom.
        calibrated: whether a calibration has ended.
    """

    def __init__(self, analyzer: Analyzer, *, mirrored: bool = True) -> None:
        self.mirrored = mirrored
        self.trial: LeaveOneOutResult | None = None
        self.calibrated = False
        self._analyzer = analyzer
        self._calibration: Calibration | None = None
        self._asked = False
        self.state = LiveState()
        self._stream = analyzer.stream_analyzer()
        self._pipeline = RoomPipeline(self._stream, signal=SignalCheck(), meter=RoomMeter())
        self._history: dict[int, deque[tuple[float, Scores]]] = {}
        self._done: deque[float] = deque()
        self._fastest: float | None = None
        self._index = 0

    @property
    def calibrating(self) -> float | None:
        """Seconds that a calibration still takes; None where there is none."""
        calibration = self._calibration
        if self._asked:
            return CALIBRATION_SECONDS
        return calibration.left(self.state.now) if calibration is not None else None

    def calibrate(self) -> None:
        """Learns the neutral face of whoever is nearest, from the next ten seconds."""
        self.forget_calibration()
        self._asked = True

    def forget_calibration(self) -> None:
        """Reads faces as before."""
        self.calibrated, self.trial = False, None
        self._stream.reader = self._analyzer.reader

    async def recv_queued(self, frames: Sequence[av.VideoFrame]) -> list[av.VideoFrame]:
        """streamlit-webrtc's call with all frames that came since the last one."""
        newest = frames[-1]
        drawn = av.VideoFrame.from_ndarray(self._read(newest, len(frames) - 1), format="rgb24")
        drawn.pts, drawn.time_base = newest.pts, newest.time_base
        return [drawn]

    def _read(self, video_frame: av.VideoFrame, dropped: int) -> NDArray[np.uint8]:
        begun = time.monotonic()
        image = np.asarray(video_frame.to_ndarray(format="rgb24"), dtype=np.uint8)
        if self.mirrored:
            image = np.ascontiguousarray(image[:, ::-1])
        frame = Frame(image, float(video_frame.time or 0.0), self._index, "camera")
        self._index += 1
        moment, busy = FrameMoment(frame.time, (), frame=frame), ""
        try:
            moment = self._pipeline.push(frame)
            self._calibrate(frame, moment.readings)
        except BusyError as error:
            busy = str(error)
        readings = moment.readings
        self._remember(frame.time, readings)
        self.state = LiveState(
            readings=tuple(readings),
            no_picture=moment.signal,
            busy=busy,
            mood=self._pipeline.mood,
            history={key: tuple(rows) for key, rows in self._history.items()},
            now=frame.time,
            rate=self._rate(),
            age=self._age(frame.time, begun),
            dropped=self.state.dropped + dropped,
        )
        return draw_readings(image, readings)

    def _calibrate(self, frame: Frame, readings: Sequence[Reading]) -> None:
        if self._asked:
            self._asked, self._calibration = False, Calibration(frame.time)
        calibration = self._calibration
        if calibration is None:
            return
        calibration.look(self._analyzer, frame, readings)
        if calibration.left(frame.time) > 0:
            return
        self._calibration = None
        profile = calibration.profile(self._analyzer)
        if profile is not None:
            self.trial = evaluate(profile, self._analyzer.model)
            if self.trial.helps:
                mine = ProfileBinding(profile, calibration.track_id)
                taught = self._analyzer.with_profiles([*self._analyzer.profiles, mine])
                self._stream.reader = taught.reader
        self.calibrated = True

    def _remember(self, now: float, readings: Sequence[Reading]) -> None:
        for reading in readings:
            key = reading.person_key
            if reading.scores is None or key is None:
                continue
            rows = self._history.setdefault(key, deque())
            if not rows or now - rows[-1][0] >= _HISTORY_STEP:
                rows.append((now, reading.scores))
        for key, rows in list(self._history.items()):
            while rows and now - rows[0][0] > HISTORY_SECONDS:
                rows.popleft()
            if not rows:
                del self._history[key]

    def _rate(self) -> float:
        now = time.monotonic()
        self._done.append(now)
        while now - self._done[0] > _RATE_SECONDS:
            self._done.popleft()
        span = now - self._done[0]
        return (len(self._done) - 1) / span if span > 0 else 0.0

    def _age(self, frame_time: float, begun: float) -> float:
        # The camera's clock and ours differ by an unknown amount; the least seen is no delay.
        offset = begun - frame_time
        self._fastest = offset if self._fastest is None else min(self._fastest, offset)
        return time.monotonic() - frame_time - self._fastest


class _Phase(Enum):
    """How far a connection is."""

    OFF = auto()
    CONNECTING = auto()
    PLAYING = auto()
    AWAY = auto()
    READY = auto()


class CameraLink:
    """Whether a visitor wants the camera: a connection that is lost is to be made again.

    A browser calls a connection lost as soon as a network falters. streamlit-webrtc then ends it
    for good or, asked to play, begins anew by itself: often twice at once, or with the answer to
    an offer before, and nothing ever connects. So what ended is taken off the page, which frees
    the camera and all that was half begun, and a new one is put there and asked to connect.

    Args:
        patience: seconds without a picture after which nothing more is tried.
        attempt: seconds that the first connection may take before it is begun anew; each further
            one may take twice as long, as the computer is busy.
        settle: seconds that the browser is given to take one off; it has twice as long to put one
            there, and both are doubled likewise.

    Attributes:
        lost: whether the last connection was given up.
    """

    def __init__(
        self, *, patience: float = 90.0, attempt: float = 15.0, settle: float = 1.0
    ) -> None:
        self.lost = False
        self._patience, self._attempt, self._settle = patience, attempt, settle
        self._until: float | None = None
        self._phase = _Phase.OFF
        self._since = 0.0
        self._tries = 0
        self._offered = False

    @property
    def wanted(self) -> bool:
        """Whether there is to be a picture, now or after a new connection."""
        return self._until is not None

    @property
    def shown(self) -> bool:
        """Whether the page is to show the camera."""
        return self._phase is not _Phase.AWAY

    @property
    def desired(self) -> bool | None:
        """What the one shown is to do: connect, not yet, or None, what its own button says."""
        return {_Phase.OFF: None, _Phase.READY: False}.get(self._phase, True)

    def update(self, *, signalling: bool, playing: bool, now: float) -> bool:
        """What the browser tells; whether the page is to be drawn anew.

        Args:
            signalling: it wants to connect; only once it was given a camera.
            playing: it is connected.
            now: seconds on any clock that does not go back.
        """
        before = self._phase
        if playing:
            self._until, self.lost, self._tries = now + self._patience, False, 0
            self._phase = _Phase.PLAYING
        elif before is _Phase.OFF and signalling:
            self._until, self.lost, self._tries = now + self._patience, False, 0
            self._enter(_Phase.CONNECTING, now)
        elif before is _Phase.PLAYING or (self._offered and not signalling):
            self._enter(_Phase.AWAY, now)
        self._offered = self._phase is _Phase.CONNECTING and (self._offered or signalling)
        return self.check(now) or self._phase is not before

    def check(self, now: float) -> bool:
        """Goes on with what only takes time; whether the page is to be drawn anew."""
        before = self._phase
        if self._until is not None and now > self._until:
            self.stop(now)
            self.lost = True
            return True
        waited = (now - self._since) / 2**self._tries
        if before is _Phase.AWAY and waited > self._settle:
            self._enter(_Phase.READY if self.wanted else _Phase.OFF, now)
        elif before is _Phase.READY and waited > 2 * self._settle:
            self._enter(_Phase.CONNECTING, now)
        elif before is _Phase.CONNECTING and waited > self._attempt:
            self._tries += 1
            self._enter(_Phase.AWAY, now)
        return self._phase is not before

    def stop(self, now: float) -> None:
        """The visitor wants the camera no more."""
        self._until, self._tries = None, 0
        self._enter(_Phase.AWAY, now)

    def _enter(self, stagger: _Phase, now: float) -> None:
        self._phase, self._since, self._offered = stagger, now, False
