"""Read the frames of video files, upright and with the times that the file states."""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from roomread.errors import MediaError
from roomread.media.clocks import FrameClock, longest_pause
from roomread.media.joined import has_video_after
from roomread.media.opening import FILE_PREFIX, length, reason
from roomread.media.upright import Geometry, GeometryReader, render
from roomread.pyav import av
from roomread.readings import Frame

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

# Seconds by which a file may be shorter than its container states: containers round, and the sound
# may be longer than the pictures.
_SLACK = 0.5
# Maximum seconds by which the decode timestamps in an index precede the presentation timestamps.
_REORDERED = 1.0
# Maximum size of the data that may follow the last packet of a complete transport stream: in bytes,
# and as a fraction of the file. The larger one applies.
_TAIL, _TAIL_SHARE = 4096, 0.05
_AGAIN = "copy or download it again; what could be read was analysed"


@dataclass(frozen=True, slots=True)
class Span:
    """A section of a video that is read independently of the other sections.

    Each frame belongs to exactly one span of the video, the one that contains its time.

    Attributes:
        start: start of the span, s; the first frame at or after it has the index 0.
        stop: end of the span, s; frames at or after it are not returned.
        lead: length of a section before `start`, s; its frames are returned first, with the index
            -1, so that faces are already tracked at `start`.
        origin: timestamp of the video's first frame, s, which allows seeking to the span; None to
            read the file from its first frame.
    """

    start: float = 0.0
    stop: float = math.inf
    lead: float = 0.0
    origin: float | None = None


WHOLE = Span()


class _Timed(NamedTuple):
    """A decoded frame, its time from the first frame, s, and whether the clock jumped before it."""

    picture: VideoFrame
    time: float
    jumped: bool


class VideoReader:
    """The frames of an opened video, or of a section of it, in order; can be iterated over once.

    Times are the file's timestamps, counted from the first frame and strictly increasing; a
    variable frame rate is kept. Where the file's clock jumps, the times continue, and the next
    frame is marked as a discontinuity. A frame whose size or orientation differs from the previous
    frame's is marked too.

    Args:
        container: the opened container, as yielded by `open_video`.
        stream: the video track.
        name: the name in `Frame.source` and in messages.
        span: the section to read. A span with an `origin` needs a video that `cut_points` can
            split; without an `origin`, all frames before the span are decoded too.
        every: seconds between two frames; the first frame at or after each multiple is returned.
            None for all frames.

    Attributes:
        frames: number of decoded frames of the section, including those that `every` skips; final
            once the section is read.

    Raises:
        MediaError: the file is damaged or cut off; raised after the last readable frame.
    """

    def __init__(
        self,
        container: InputContainer,
        stream: VideoStream,
        name: str,
        *,
        span: Span = WHOLE,
        every: float | None = None,
    ) -> None:
        self.frames = 0
        self._container, self._stream, self._name = container, stream, name
        self._span, self._every = span, every
        self._clock = FrameClock(stream, origin=span.origin)

    @property
    def origin(self) -> float | None:
        """The timestamp of the first frame, s; None until that frame is read."""
        return self._clock.origin

    @property
    def shifts(self) -> Sequence[float]:
        """The offsets from the track's timestamps to the frames' times, s; see `FrameClock`."""
        return self._clock.shifts

    def __iter__(self) -> Iterator[Frame]:
        span, every, due = self._span, self._every, 0.0
        geometry: Geometry | None = None
        geometries = GeometryReader(self._stream)
        reader = _PacketReader(self._container, self._stream, self._clock)
        index, broken = -1, False
        for picture, time, jumped in self._from_key_frame(reader):
            if time >= span.stop:
                break
            if time >= span.start:
                index = self.frames
                self.frames += 1
            shown = geometries.read(picture)
            broken |= jumped or (geometry is not None and shown != geometry)
            geometry = shown
            # Allow half a millisecond, because containers round times to milliseconds.
            if every is not None:
                if time < due - 5e-4:
                    continue
                due = (int((time + 5e-4) / every) + 1) * every
            if time >= span.start - span.lead:
                yield Frame(render(picture, shown), time, index, self._name, discontinuity=broken)
                broken = False
        else:
            reader.check_end(self._name, frames=self.frames if span == WHOLE else 1)
        reader.check(
            self._name, since=span.start + span.origin if span.origin is not None else -math.inf
        )

    def _from_key_frame(self, reader: _PacketReader) -> Iterator[_Timed]:
        """Yield the frames from the last key frame before the span onwards."""
        wanted = self._span.start - self._span.lead
        if wanted <= 0 or self._span.origin is None:
            yield from self._timed(reader)
            return
        self._seek(wanted - _REORDERED + self._span.origin)
        pictures = self._timed(reader)
        first = next(pictures, None)
        if first is not None and first.time > wanted:
            # The index is wrong or the key frame is damaged, so read the file from its start.
            self._seek(self._span.origin)
            pictures = self._timed(reader)
        elif first is not None:
            yield first
        yield from pictures

    def _seek(self, time: float) -> None:
        base = self._stream.time_base
        if base is None:
            raise MediaError(f"{self._name}: has no timestamps", hint="read the whole video")
        try:
            self._container.seek(math.floor(time / base), stream=self._stream)
        except (av.FFmpegError, OSError) as error:
            problem = f"{self._name}: cannot be read at {time:.1f} s: {reason(error)}"
            raise MediaError(problem, hint="copy or download it again") from error
        self._clock.restart()

    def _timed(self, reader: _PacketReader) -> Iterator[_Timed]:
        last: VideoFrame | None = None
        for picture in reader:
            shown = self._clock.shown(picture)
            if last is not None and shown is not None:
                for repeated in reader.take_repeats(shown):
                    yield _Timed(last, *self._clock.time(repeated))
            yield _Timed(picture, *self._clock.time(shown))
            last = picture
        if last is not None:
            for repeated in reader.take_repeats(math.inf):
                yield _Timed(last, *self._clock.time(repeated))


def cut_points(
    container: InputContainer, stream: VideoStream, name: str
) -> tuple[float, float] | None:
    """Return the duration of an opened video, s, and its `Span.origin`; None if it cannot be split.

    Only files with an index (MP4, MOV, Matroska, WebM) and a clock that does not jump can be split.
    The file must be opened again afterwards.

    Raises:
        MediaError: no frame of the video can be decoded.
    """
    duration = length(container)
    clock = FrameClock(stream)
    first = next(iter(_PacketReader(container, stream, clock)), None)
    if first is None:
        raise MediaError(f"{name}: no frame can be decoded", hint="check whether it is damaged")
    indexed = {"mov", "mp4", "matroska", "webm"} & set(container.format.name.split(","))
    origin = clock.shown(first)
    if duration is None or not indexed or origin is None or _index_jumps(stream):
        return None
    return duration, origin


def _index_jumps(stream: VideoStream) -> bool:
    """Return whether the timestamps in a track's index jump when taken in the file's order."""
    base = stream.time_base or 0
    entries = sorted((entry.pos, float(entry.timestamp * base)) for entry in stream.index_entries)
    gaps = (b[1] - a[1] for a, b in itertools.pairwise(entries))
    return any(not -_REORDERED <= gap <= longest_pause(stream) for gap in gaps)


class _PacketReader:
    """A decoder of one track's packets that records damaged packets and continues."""

    def __init__(self, container: InputContainer, stream: VideoStream, clock: FrameClock) -> None:
        self._container, self._stream, self._clock = container, stream, clock
        self._damaged: list[float] = []
        self._repeats: deque[float] = deque()
        self._end = 0.0
        # File offsets: the end of the last packet of any track, the end of the last packet of the
        # track that is read, and the start of each other video track.
        self._place = self._own_place = 0
        self._others: dict[int, int] = {}
        self._failure: Exception | None = None

    def __iter__(self) -> Iterator[VideoFrame]:
        for packet in self._packets():
            if packet.stream is not self._stream:
                continue
            if not packet.size:
                self._repeat(packet)
                continue
            self._clock.expect(packet)
            try:
                yield from self._stream.decode(packet)
            except av.FFmpegError:
                # The decoder continues after a damaged packet; `check` reports it.
                shown = packet.pts if packet.pts is not None and packet.time_base else math.inf
                self._damaged.append(float(shown * (packet.time_base or 1)))
        # Flush the decoder, whose threads still hold frames.
        with suppress(av.FFmpegError):
            yield from self._stream.decode(None)

    def take_repeats(self, until: float) -> Iterator[float]:
        """Yield and remove the times before `until`, s, that repeat the previous picture."""
        while self._repeats and self._repeats[0] < until:
            yield self._repeats.popleft()

    def _repeat(self, packet: Packet[Any]) -> None:
        # An empty packet with a timestamp repeats the previous picture, as in Theora. PyAV sends an
        # empty packet without a timestamp at the end of each track.
        if packet.pts is not None and packet.time_base:
            self._repeats.append(float(packet.pts * packet.time_base))

    def _packets(self) -> Iterator[Packet[Any]]:
        # All tracks are read, because the last packet of any track tells whether the file is
        # complete.
        known = {stream.index for stream in self._container.streams}
        try:
            for packet in self._container.demux():
                if packet.stream_index not in known:
                    continue
                shown = packet.pts if packet.pts is not None else packet.dts
                if shown is not None and packet.time_base is not None:
                    end = (shown + (packet.duration or 0)) * packet.time_base
                    self._end = max(self._end, float(end))
                self._note_place(packet)
                yield packet
        except (av.FFmpegError, OSError, IndexError) as error:
            self._failure = error

    def check(self, name: str, *, since: float) -> None:
        """Raise MediaError if packets with a timestamp of at least `since`, s, were damaged."""
        count = sum(time >= since for time in self._damaged)
        if count:
            raise MediaError(f"{name}: {count} damaged packets could not be read", hint=_AGAIN)

    def check_end(self, name: str, *, frames: int) -> None:
        """Raise MediaError if no frame was decoded, or the file was not read to its end.

        A file is not read to its end if it is cut off, or continues with other tracks or videos.
        """
        start = (self._container.start_time or 0) / av.time_base
        total, read = length(self._container), max(self._end - start, 0.0)
        if not frames:
            raise MediaError(f"{name}: no frame can be decoded", hint="check whether it is damaged")
        if isinstance(self._failure, IndexError) or self._has_successor():
            problem = f"{name}: has other tracks from {read:.1f} s on, which were not read"
            raise MediaError(problem, hint="cut the file there, and read the parts one by one")
        if self._failure is not None:
            raise MediaError(f"{name}: stopped after {read:.1f} s", hint=_AGAIN)
        # If the clock jumps, the container's duration is meaningless.
        jumped = len(self._clock.shifts) > 1
        if self._has_video_after():
            problem = f"{name}: another video, which was not read, follows after {read:.1f} s"
            raise MediaError(problem, hint="cut the file there, and read the parts one by one")
        # Some containers count the duration from 0 even if the first picture comes later.
        end = max(read, self._end)
        if total is not None and end < total - _SLACK and not jumped:
            problem = f"{name}: is cut off: {read:.1f} s of {total:.1f} s could be read"
            raise MediaError(problem, hint=_AGAIN)

    def _note_place(self, packet: Packet[Any]) -> None:
        place = packet.pos or 0
        self._place = max(self._place, place + packet.size)
        if packet.stream is self._stream:
            self._own_place = max(self._own_place, place + packet.size)
        elif isinstance(packet.stream, av.VideoStream):
            self._others.setdefault(packet.stream_index, place)

    def _has_video_after(self) -> bool:
        opened = getattr(self._container.file, "file", None)
        if opened is not None:
            return has_video_after(opened, self._place)
        name = self._container.name
        if not name.startswith(FILE_PREFIX):
            return False
        try:
            with Path(name.removeprefix(FILE_PREFIX)).open("rb") as file:
                return has_video_after(file, self._place)
        except OSError:
            # The file was deleted meanwhile; what was read is complete.
            return False

    def _has_successor(self) -> bool:
        """Return whether a transport stream continues with other tracks, as concatenated files do.

        FFmpeg reports only the tracks found in the first seconds.
        """
        size = self._container.size
        if self._container.format.name != "mpegts" or size <= 0:
            return False
        if any(place >= self._own_place for place in self._others.values()):
            return True
        return size - self._place > max(_TAIL, _TAIL_SHARE * size)
