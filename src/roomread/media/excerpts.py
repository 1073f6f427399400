"""Read a part of a video file, with the sound that belongs to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from roomread.errors import MediaError, printable
from roomread.media.files import find_existing, is_file
from roomread.media.kinds import is_picture
from roomread.media.opening import open_video
from roomread.media.playlists import check_playlist
from roomread.media.videos import Span, VideoReader, cut_points
from roomread.media.writers import SoundSource


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of a video, opened for reading once.

    Attributes:
        path: The video.
        frames: Its frames; their times are those of the video, s.
        is_cut: Whether the part is found by the file's index. If not, the file is read from its
            start, and so is its sound.
    """

    path: Path
    frames: VideoReader
    is_cut: bool

    def sound(self, start: float) -> SoundSource:
        """Return the sound of the part for a copy that begins at a time of the video, s."""
        return SoundSource(self.path, self.frames.shifts, start=start, seek=self.is_cut)


@contextmanager
def open_excerpt(
    path: Path, start: float, stop: float, *, lead: float = 0.0, with_sound: bool = False
) -> Iterator[Excerpt]:
    """Open a part of a video file.

    Args:
        path: The file.
        start: The start of the part, s from the first frame.
        stop: Its end, s.
        lead: Seconds before `start` whose frames are yielded first, with the index -1.
        with_sound: Whether its sound will be copied. The frames of a video without a usable index
            are then yielded from the first on, because its sound is read along with them.

    Raises:
        MediaError: The file is not a video, or cannot be opened.
    """
    path, name = find_existing(path), printable(str(path))
    if not is_file(path):
        raise MediaError(f"{name}: no such file", hint="give a video file")
    if is_picture(path):
        raise MediaError(f"{name}: is a picture", hint="give a video file")
    check_playlist(path, name)
    with open_video(path, name) as (container, stream):
        points = cut_points(container, stream, name)
    origin = points[1] if points is not None else None
    if origin is None and with_sound:
        lead = start
    span = Span(start, stop, min(lead, start), origin)
    with open_video(path, name) as (container, stream):
        yield Excerpt(path, VideoReader(container, stream, name, span=span), origin is not None)
