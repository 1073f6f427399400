"""Copy a video's sound in sync with pictures whose times come from `VideoReader`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from roomread.media.clocks import SoundClock
from roomread.pyav import av

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet

# Codecs (FFmpeg's names) that each container can store unchanged; other sound is re-encoded.
_COPIED = {
    "mp4": {"aac", "mp3", "ac3", "alac", "opus", "flac"},
    "mov": {"aac", "mp3", "ac3", "alac", "pcm_s16le"},
    "matroska": {"aac", "mp3", "ac3", "opus", "vorbis", "flac", "pcm_s16le"},
    "webm": {"opus", "vorbis"},
    "ipod": {"aac", "alac"},
}
_RATE = 48_000
# Seconds before the start of an excerpt from which its sound is read, because seeking is inexact.
_SEEK_LEAD = 1.0


class SoundCopy:
    """A copier of a file's sound into another file; damaged packets are left out.

    Args:
        source: the opened file; its first sound track is copied.
        target: the file to write to, which has no packets yet.
        shifts: `FrameClock.shifts` of the video track; see `SoundClock`.
        start: the time in the source at which the copy begins, s from the source's first picture.
        seek: whether to start reading near `start`; only for a source whose clock does not jump.
    """

    def __init__(
        self,
        source: InputContainer,
        target: OutputContainer,
        shifts: Sequence[float],
        *,
        start: float = 0.0,
        seek: bool = False,
    ) -> None:
        self._target = target
        self._input = source.streams.audio[0]
        self._start = start
        if seek and self._input.time_base is not None:
            # If seeking fails, the sound is read from the start of the file.
            with suppress(av.FFmpegError, OSError):
                place = math.floor((start - shifts[0] - _SEEK_LEAD) / self._input.time_base)
                source.seek(place, stream=self._input)
        self._clock = SoundClock(shifts)
        self._copied = self._input.codec_context.name in _COPIED[target.format.name]
        if self._copied:
            self._output = target.add_stream_from_template(self._input)
        else:
            codec: Literal["libopus", "aac"] = "libopus" if target.format.name == "webm" else "aac"
            self._output = target.add_stream(codec, rate=_RATE)
            self._resampler = av.AudioResampler(
                self._output.codec_context.format, self._output.codec_context.layout, _RATE
            )
        self._packets = source.demux(self._input)
        self._waiting: Packet[Any] | None = None
        self._time = -math.inf
        self._last_dts = -math.inf
        # Number of samples written so far, if the sound is re-encoded.
        self._samples = 0
        self._ended = False

    def write_until(self, time: float) -> None:
        """Write the sound up to `time`, s from the start of the copy; infinity writes the rest."""
        while not self._ended and self._time <= time:
            packet = self._waiting or self._next()
            if packet is None:
                self._ended = True
                if not self._copied:
                    self._target.mux(self._output.encode(None))
            elif packet.pts is not None and packet.size:
                # The pictures are written up to `time`, so their shifts are known up to there.
                read = time + self._start
                shift = self._clock.shift(float(packet.pts * packet.time_base), read)
                self._waiting = packet if shift is None else None
                if shift is None:
                    return
                self._move(packet, shift - self._start)

    def _next(self) -> Packet[Any] | None:
        try:
            return next(self._packets, None)
        except (av.FFmpegError, IndexError):
            return None

    def _move(self, packet: Packet[Any], shift: float) -> None:
        """Write a packet with `shift` seconds added to its timestamps."""
        ticks = round(shift / packet.time_base)
        packet.pts = (packet.pts or 0) + ticks
        packet.dts = packet.dts + ticks if packet.dts is not None else packet.pts
        self._time = float(packet.pts * packet.time_base)
        if self._time < 0 or packet.dts <= self._last_dts:
            # The packet lies before the first picture, or not after the previous packet, which
            # containers reject.
            return
        self._last_dts = packet.dts
        if self._copied:
            packet.stream = self._output
            self._target.mux(packet)
            return
        try:
            frames = self._input.decode(packet)
        except av.FFmpegError:
            return
        for frame in frames:
            self._encode(frame)

    def _encode(self, frame: AudioFrame) -> None:
        # The encoder counts samples, so a gap is filled with silence and repeated samples are left
        # out.
        time_base = frame.time_base or Fraction(1, frame.sample_rate)
        start = round((frame.pts or 0) * time_base * _RATE)
        frame.pts = None
        for part in self._resampler.resample(frame):
            if start + part.samples <= self._samples:
                continue
            self._fill(start, part)
            part.pts, part.time_base = self._samples, Fraction(1, _RATE)
            self._target.mux(self._output.encode(part))
            self._samples += part.samples
            start += part.samples

    def _fill(self, start: int, like: AudioFrame) -> None:
        """Write silence, in the format of the frame `like`, up to the sample with index `start`."""
        while (missing := start - self._samples) > like.samples:
            silence = av.AudioFrame(like.format.name, like.layout.name, min(missing, like.samples))
            for plane in silence.planes:
                plane.update(bytes(plane.buffer_size))
            silence.sample_rate, silence.pts = _RATE, self._samples
            silence.time_base = Fraction(1, _RATE)
            self._target.mux(self._output.encode(silence))
            self._samples += silence.samples
