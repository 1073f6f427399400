"""Give a video's frames rising times, even if its clock jumps.

A file's clock may jump: recorders that reconnect start it anew, joined files have several. The
times given to the frames continue, and rise strictly.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

# The longest pause that is taken for one, s. In these formats, which are cut and joined at will,
# pauses are jumps from fewer seconds on, as FFmpeg has it; elsewhere only where no film pauses.
_JOINED_FORMATS = frozenset({"mpegts", "mpeg", "hls", "ogg", "rtsp", "rtp", "sdp"})
_LONGEST_PAUSE_JOINED = 10.0
_LONGEST_PAUSE = 3600.0
# A time lapse may pause for this many of its frames.
_PAUSE_FRAMES = 3
# A smaller step back is not a jump: times are rounded, and some files repeat one, s.
_BACK = 0.1
# A smaller step back of decoding times is not a jump: some files have those of showing
# in their place, s.
_REORDERED = 1.0
# The maximum number of packets that are decoded before others that are shown earlier.
_REORDER_DEPTH = 4
# The least step of time between two frames, s.
_SHORTEST = 0.002
# Rates that a track may have, frames a second; FFmpeg's guesses reach into the thousands.
_RATES = (0.01, 1000)
# How far sound and picture of one moment may be apart in a file, s.
_INTERLEAVED = 10.0


def frame_seconds(stream: VideoStream) -> float:
    """Return how long a frame of a track is shown by the track's own rate, 1/25 s for none."""
    for rate in (stream.guessed_rate, stream.average_rate):
        if rate and _RATES[0] <= rate < _RATES[1]:
            return float(1 / rate)
    return 1 / 25


def longest_pause(stream: VideoStream) -> float:
    """Return the longest pause between two frames that does not count as a jump of the clock, s."""
    joined = _JOINED_FORMATS & set(stream.container.format.name.split(","))
    pause = _LONGEST_PAUSE_JOINED if joined else _LONGEST_PAUSE
    return max(pause, _PAUSE_FRAMES * frame_seconds(stream))


class Timestamp(NamedTuple):
    """When a frame is shown.

    Attributes:
        time: from the first frame, s.
        jumped: whether the track's clock jumped before it.
    """

    time: float
    jumped: bool


class FrameClock:
    """Times decoded frames, in seconds from the first; times rise strictly.

    Packets tell when they are shown, or only in which order they are decoded: then the frames,
    which come out in the order of showing, are given those times in that order.

    Args:
        stream: the video track.
        origin: the time of the first frame by the track's own clock, s; None to take it from the
            first frame.

    Attributes:
        origin: the same, known once the first frame is timed.
        shifts: what is added to the track's own times, s: one for the start, one for each jump.
    """

    def __init__(self, stream: VideoStream, *, origin: float | None = None) -> None:
        self.origin = origin
        self.shifts = [-origin if origin is not None else 0.0]
        self._step = frame_seconds(stream)
        self._pause = longest_pause(stream)
        self._codec = stream.codec_context
        # AVI counts frames in the order of decoding; times of showing are FFmpeg's guess.
        self._counted = stream.container.format.name == "avi"
        # Of frames that come out at the very end the binding forgets the base.
        self._base = float(stream.time_base or 1)
        self.restart()

    def restart(self) -> None:
        """Let earlier times come again, as after the file was sought."""
        # The time of each packet, which identifies its frame, and its time of showing.
        self._slots: deque[tuple[int | None, int | None]] = deque()
        # The latest times of showing and of decoding so far.
        self._highest: int | None = None
        self._decoded: int | None = None
        self._is_ordered = False
        # Jumps back of the packets' clock that no frame has shown yet.
        self._restarts = 0
        self._last: float | None = None
        self._last_shown: float | None = None
        self._same = 0

    def expect(self, packet: Packet[Any]) -> None:
        """Take note of a packet before it is decoded."""
        shown = packet.pts if packet.pts is not None else packet.dts
        if self._counted and packet.dts is not None:
            shown = packet.dts
        if shown is not None:
            decoded = packet.dts if packet.dts is not None else self._decoded
            self._note(shown, decoded, is_key=packet.is_keyframe)
        self._slots.append((packet.pts, shown))

    def _note(self, shown: int, decoded: int | None, *, is_key: bool) -> None:
        back = (self._highest - shown) * self._base if self._highest is not None else 0.0
        decoded_back = (
            (self._decoded - decoded) * self._base
            if self._decoded is not None and decoded is not None
            else 0.0
        )
        if decoded_back > _REORDERED or (is_key and back > _BACK):
            # Within one film no key frame is shown before what was decoded before it.
            self._restarts += 1
            self._highest, self._decoded = shown, decoded
            return
        # Only times of showing go back a little; those of decoding rise.
        self._is_ordered |= back > 0 and not is_key
        self._highest = shown if back <= 0 else self._highest
        self._decoded = decoded if decoded_back <= 0 else self._decoded

    def shown(self, frame: VideoFrame) -> float | None:
        """Return when a frame is shown by the track's own clock, s; None where it has no times."""
        if self._is_ordered:
            self._slots.clear()
            ticks = frame.pts if frame.pts is not None else frame.dts
        else:
            ticks = self._next_slot(frame.pts)
        return ticks * self._base if ticks is not None else None

    def _next_slot(self, own: int | None) -> int | None:
        place = next((i for i, (pts, _) in enumerate(self._slots) if pts == own), 0)
        # Frames that were lost have left their times behind.
        for _ in range(place - (_REORDER_DEPTH if self._codec.has_b_frames else 0)):
            self._slots.popleft()
        return self._slots.popleft()[1] if self._slots else own

    def time(self, shown: float | None) -> Timestamp:
        """Return the moment of the next frame, later than the one before.

        Args:
            shown: as `shown` gives it.
        """
        if self.origin is None:
            self.origin = shown if shown is not None else 0.0
            self.shifts = [-self.origin]
        jumped = self._has_jumped(shown)
        if shown is not None and self._last is not None:
            following = self._last + self._step - shown
            if jumped:
                self.shifts.append(following)
            elif self._last_shown is None:
                # The first frames had no times.
                self.shifts[-1] = following
        if shown is not None and (jumped or self._last_shown is None or shown > self._last_shown):
            self._last_shown = shown
        self._last = self._later(shown + self.shifts[-1] if shown is not None else None)
        return Timestamp(self._last, jumped)

    def _has_jumped(self, shown: float | None) -> bool:
        last = self._last_shown
        if shown is None or last is None:
            return False
        if shown < last - _BACK and self._restarts:
            self._restarts -= 1
            return True
        # Without a restart, a frame that comes late: the decoder went on after damage.
        return shown > last + self._pause

    def _later(self, time: float | None) -> float:
        """Return a time, or the next one that is later than that of the frame before."""
        last = self._last
        if last is None:
            return time if time is not None else 0.0
        if time is not None and time >= last + _SHORTEST / 4:
            self._same = 0
            return time
        # One of two equal times is between others; where many are equal, the clock stands.
        self._same += 1
        halved = time is not None and self._same == 1
        return last + max(self._step / 2 if halved else self._step, _SHORTEST)


class SoundClock:
    """Moves the times of a sound track as `FrameClock` moved those of the pictures.

    Args:
        shifts: those of the pictures; the list grows as they are read.
    """

    def __init__(self, shifts: Sequence[float]) -> None:
        self._shifts = shifts
        self._part = 0
        self._highest: float | None = None

    def shift(self, time: float, now: float) -> float | None:
        """Return the shift to add to a packet's time, s.

        Args:
            time: the packet's, by the track's own clock, s; of the same packet again after None.
            now: how far the pictures are written, s; infinity once all are.

        Returns:
            None where the clock has jumped and that of the pictures, as far as they are read, has
            not yet.
        """
        if self._highest is not None and time < self._highest - _BACK:
            self._part += 1
            self._highest = time
        self._highest = max(time, self._highest if self._highest is not None else time)
        known = self._shifts[self._part :]
        if now == float("inf"):
            return known[0] if known else self._shifts[-1]
        distances = [abs(time + shift - now) for shift in known]
        if not distances or min(distances) > _INTERLEAVED:
            return None
        nearest = distances.index(min(distances))
        self._part += nearest
        return known[nearest]
