"""Read a section of a video file together with its sound."""

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
    """A section of a video, opened for a single pass.

    Attributes:
        path: The video file.
        frames: The frames of the section; their times count from the first frame of the video, s.
        is_cut: Whether reading starts just before the section, which requires an index in the file.
            If not, pictures and sound are read from the start of the file.
    """

    path: Path
    frames: VideoReader
    is_cut: bool

    def sound(self, start: float) -> SoundSource:
        """Return the source of the sound for a copy that begins `start` seconds into the video."""
        return SoundSource(self.path, self.frames.shifts, start=start, seek=self.is_cut)


@contextmanager
def open_excerpt(
    path: Path, start: float, stop: float, *, lead: float = 0.0, with_sound: bool = False
) -> Iterator[Excerpt]:
    """Open a section of a video file, and close the file when the `with` block ends.

    Args:
        path: The file.
        start: The start of the section, s from the first frame.
        stop: The end of the section, s from the first frame.
        lead: Length of a section before `start`, s; its frames are yielded first and have the index
            -1.
        with_sound: Whether the sound will be copied. The sound of a video without a usable index is
            read along with the pictures, so all frames before `start` are then yielded too.

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
