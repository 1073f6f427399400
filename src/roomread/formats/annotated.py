"""Where the drawn copy of an input goes, and writing it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from roomread.errors import OutputError
from roomread.media import (
    PICTURE_SUFFIXES,
    VIDEO_SUFFIXES,
    WRITABLE_VIDEO_SUFFIXES,
    Source,
    VideoWriter,
    draw_readings,
    write_image,
)
from roomread.readings import Frame, Reading


def copy_path(target: Path, item: Path, root: Path | None) -> Path:
    """Where in the folder `target` the copy of `item` goes, which was found under `root`.

    Kinds of video that are read but not written become MP4: clip.avi has its copy in clip.avi.mp4.
    """
    inside = item.relative_to(root) if root is not None else Path(item.name)
    if item.suffix.lower() in VIDEO_SUFFIXES - WRITABLE_VIDEO_SUFFIXES:
        inside = inside.with_name(f"{inside.name}.mp4")
    return target / inside


class Annotator:
    """Writes the drawn copy of one input: a picture's as a picture, a video's with its sound.

    The file is there whole once the block is left, or not at all after an error.

    Args:
        target: the file.
        source: what is copied; its kind must fit the file's ending.
        sound_from: the video file whose sound is kept; None for none.

    Raises:
        OutputError: the ending does not fit, or `target` is the input itself.
    """

    def __init__(self, target: Path, source: Source, *, sound_from: Path | None) -> None:
        suffixes, kind = (
            (PICTURE_SUFFIXES, "picture")
            if source.is_picture
            else (WRITABLE_VIDEO_SUFFIXES, "video")
        )
        if target.suffix.lower() not in suffixes:
            known = ", ".join(sorted(suffixes))
            raise OutputError(
                f"{target}: the copy of a {kind} is a {kind}", hint=f"name it with one of {known}"
            )
        if sound_from is not None and target.exists() and target.samefile(sound_from):
            raise OutputError(f"{target}: is the input itself", hint="name another file")
        self._target = target
        self._is_picture = source.is_picture
        self._sound_from = sound_from
        self._video: VideoWriter | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def write(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Draws one frame's readings into the copy."""
        drawn = draw_readings(frame.image, readings)
        if self._is_picture:
            write_image(self._target, drawn)
            return
        if self._video is None:
            # Only now: an input that gives no frame leaves no file.
            self._video = self._stack.enter_context(
                VideoWriter(self._target, sound_from=self._sound_from)
            )
        self._video.write(drawn, frame.time)

    def cut_short(self) -> None:
        """To be called where the input is not copied to its end: its sound is not either."""
        if self._video is not None:
            self._video.cut_short()
