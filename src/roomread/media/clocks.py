"""Assign strictly increasing times to the frames of a video, even if its timestamps jump.

A file's timestamps may jump: a recorder that reconnects starts again from 0, and a file that was
joined from several files has several starting points. The times assigned here continue across a
jump.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream


# A gap between two frames that is longer than this many seconds is a jump of the clock, not a
# pause. The limit is lower in formats that are often cut and joined (FFmpeg uses 10 s too).
_JOINED_FORMATS = frozenset({"mpegts", "mpeg", "hls", "ogg", "rtsp", "rtp", "sdp"})
_LONGEST_PAUSE_JOINED = 10.0
_LONGEST_PAUSE = 3600.0
# In a time-lapse video, a gap of up to this many frame durations is a pause.
_PAUSE_FRAMES = 3
# Steps back of up to this many seconds are no jump: containers round times and may repeat a time.
_BACK = 0.1
# The same limit for decode timestamps (DTS), s. It is larger because some files store presentation
# timestamps (PTS) as DTS.
_REORDERED = 1.0
# Maximum number of packets that may be decoded before a packet that is shown earlier.
_REORDER_DEPTH = 4
# Shortest time between two frames, s.
_SHORTEST = 0.002
# Range of plausible frame rates, frames per second; FFmpeg's guesses can be far above it.
_RATES = (0.01, 1000)
# Maximum distance in a file between the sound and the picture of one moment, s.
_INTERLEAVED = 10.0


def frame_seconds(stream: VideoStream) -> float:
    """Return the duration of one frame, s; 1/25 s for a track without a valid frame rate."""
    for rate in (stream.guessed_rate, stream.average_rate):
        if rate and _RATES[0] <= rate < _RATES[1]:
            return float(1 / rate)
    return 1 / 25


def longest_pause(stream: VideoStream) -> float:
    """Return the longest gap between two frames that still counts as a pause, not as a jump, s."""
    joined = _JOINED_FORMATS & set(stream.container.format.name.split(","))
    pause = _LONGEST_PAUSE_JOINED if joined else _LONGEST_PAUSE
    return max(pause, _PAUSE_FRAMES * frame_seconds(stream))


def has_jumped(last: float, shown: float, pause: float) -> bool:
    """Return whether a live source's clock jumps between two frames.

    Args:
        last: presentation time of the previous frame by the source's clock, s.
        shown: presentation time of the next frame, s.
        pause: the longest pause that does not count as a jump, s; see `longest_pause`.
    """
    return not last - _REORDERED <= shown <= last + pause


class Timestamp(NamedTuple):
    """The time at which a frame is shown.

    Attributes:
        time: seconds from the first frame.
        jumped: whether the track's clock jumped just before this frame.
    """

    time: float
    jumped: bool


class FrameClock:
    """A clock that assigns strictly increasing times to decoded frames, s from the first frame.

    Some files have correct presentation timestamps (PTS). Other files have only timestamps in
    decoding order; the decoder returns frames in presentation order, and the timestamps are
    assigned to these frames one by one.

    Args:
        stream: the video track.
        origin: timestamp of the first frame, s; None to take it from the first frame.

    Attributes:
        origin: timestamp of the first frame, s; None until that frame is seen.
        shifts: offsets from the track's timestamps to the assigned times, s: one for the start and
            one more for each jump.
    """

    def __init__(self, stream: VideoStream, *, origin: float | None = None) -> None:
        self.origin = origin
        self.shifts = [-origin if origin is not None else 0.0]
        self._step = frame_seconds(stream)
        self._pause = longest_pause(stream)
        self._codec = stream.codec_context
        # AVI numbers frames in decoding order; its PTS are guesses of FFmpeg.
        self._counted = stream.container.format.name == "avi"
        # PyAV loses the time base of frames that are flushed at the end, so it is kept here.
        self._base = float(stream.time_base or 1)
        self.restart()

    def restart(self) -> None:
        """Forget the timestamps seen so far, as needed after a seek."""
        # For each packet not yet shown: its PTS, by which its frame is found, and the timestamp to
        # use for the frame.
        self._slots: deque[tuple[int | None, int | None]] = deque()
        # The highest presentation and decode timestamps so far.
        self._highest: int | None = None
        self._decoded: int | None = None
        self._is_ordered = False
        # Number of backward jumps seen in packets whose frames have not been decoded yet.
        self._restarts = 0
        self._last: float | None = None
        self._last_shown: float | None = None
        self._same = 0

    def expect(self, packet: Packet[Any]) -> None:
        """Register the timestamps of a packet that is about to be decoded."""
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
            # Within one recording, no key frame is shown before a frame that was decoded earlier.
            self._restarts += 1
            self._highest, self._decoded = shown, decoded
            return
        # Small steps back prove that these are PTS, because DTS never decrease.
        self._is_ordered |= back > 0 and not is_key
        self._highest = shown if back <= 0 else self._highest
        self._decoded = decoded if decoded_back <= 0 else self._decoded

    def shown(self, frame: VideoFrame) -> float | None:
        """Return a frame's presentation timestamp, s; None in a file without timestamps."""
        if self._is_ordered:
            self._slots.clear()
            ticks = frame.pts if frame.pts is not None else frame.dts
        else:
            ticks = self._next_slot(frame.pts)
        return ticks * self._base if ticks is not None else None

    def _next_slot(self, own: int | None) -> int | None:
        place = next((i for i, (pts, _) in enumerate(self._slots) if pts == own), 0)
        # Discard the timestamps of packets whose frames were lost.
        for _ in range(place - (_REORDER_DEPTH if self._codec.has_b_frames else 0)):
            self._slots.popleft()
        return self._slots.popleft()[1] if self._slots else own

    def time(self, shown: float | None) -> Timestamp:
        """Return the time assigned to the next frame, which is later than the previous frame's.

        Args:
            shown: the frame's timestamp, as returned by `shown`, s; None if the frame has none.
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
                # The frames before had no timestamps, so this one continues their times.
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
        # A step back without a restart is a late frame: the decoder continued after damage.
        return shown > last + self._pause

    def _later(self, time: float | None) -> float:
        """Return `time` if it is later than the time of the previous frame, else a later time."""
        last = self._last
        if last is None:
            return time if time is not None else 0.0
        if time is not None and time >= last + _SHORTEST / 4:
            self._same = 0
            return time
        # Of two frames with equal timestamps, the second lies half a frame later. If more than two
        # are equal, the clock has stopped, and frames follow at the track's rate.
        self._same += 1
        halved = time is not None and self._same == 1
        return last + max(self._step / 2 if halved else self._step, _SHORTEST)


class SoundClock:
    """A clock that shifts a sound track's timestamps in step with the `FrameClock` of the pictures.

    Args:
        shifts: `FrameClock.shifts` of the video track; the list grows while the video is read.
    """

    def __init__(self, shifts: Sequence[float]) -> None:
        self._shifts = shifts
        self._part = 0
        self._highest: float | None = None

    def shift(self, time: float, now: float) -> float | None:
        """Return the offset to add to a packet's timestamp, s.

        Args:
            time: timestamp of the packet, s. After a result of None, call again with the same
                packet.
            now: time up to which the pictures are written, s; infinity once all are written.

        Returns:
            The offset, or None if the sound's clock has jumped and the pictures have not reached
            that jump yet.
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
