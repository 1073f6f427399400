"""Write copies of pictures and videos with boxes and labels of faces, and choose their paths."""

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
    WRITABLE_PICTURE_SUFFIXES,
    WRITABLE_VIDEO_SUFFIXES,
    FaceHider,
    HideMethod,
    SoundSource,
    Source,
    VideoWriter,
    draw_readings,
    write_image,
)
from roomread.readings import Frame, Reading


def copy_path(target: Path, item: Path, root: Path | None) -> Path:
    """Return the path of the annotated copy of one input.

    An input whose format can be read but not written is copied as MP4 or JPEG: the copy of
    clip.avi is clip.avi.mp4.

    Args:
        target: The folder of the copies.
        item: The path of the input.
        root: The folder in which `item` was found; None if the user named `item` directly.
    """
    inside = item.relative_to(root) if root is not None else Path(item.name)
    if item.suffix.lower() in VIDEO_SUFFIXES - WRITABLE_VIDEO_SUFFIXES:
        inside = inside.with_name(f"{inside.name}.mp4")
    elif item.suffix.lower() in PICTURE_SUFFIXES - WRITABLE_PICTURE_SUFFIXES:
        inside = inside.with_name(f"{inside.name}.jpg")
    return target / inside


class Annotator:
    """Writer of the annotated copy of one input: a picture, or a video with its sound.

    The file is complete when the `with` block ends; after an error, no file is left.

    Args:
        target: The file to write.
        source: The input. `target` needs the suffix of a picture format for a picture, and of a
            video format for a video.
        sound_from: The video file whose sound is copied; None for no sound.
        hide: How faces are made unrecognisable under their boxes and labels; None to show faces.

    Raises:
        OutputError: `target` has no suitable suffix, or is the input itself.
    """

    def __init__(
        self,
        target: Path,
        source: Source,
        *,
        sound_from: Path | None,
        hide: HideMethod | None = None,
    ) -> None:
        suffixes, kind = (
            (WRITABLE_PICTURE_SUFFIXES, "picture")
            if source.is_picture
            else (WRITABLE_VIDEO_SUFFIXES, "video")
        )
        if target.suffix.lower() not in suffixes:
            known = ", ".join(sorted(suffixes))
            raise OutputError(
                f"{target}: the annotated copy of a {kind} must be a {kind}",
                hint=f"give it one of the suffixes {known}",
            )
        if sound_from is not None and target.exists() and target.samefile(sound_from):
            raise OutputError(
                f"{target}: the annotated copy would overwrite the input", hint="name another file"
            )
        self._target = target
        self._source = source
        self._is_picture = source.is_picture
        self._sound_from = sound_from
        self._hider = FaceHider(hide) if hide is not None else None
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
        """Draw the readings of the next frame into the copy."""
        image = frame.image
        if self._hider is not None:
            image = self._hider.hide(image, readings, frame.time)
        drawn = draw_readings(image, readings)
        if self._is_picture:
            write_image(self._target, drawn)
            return
        if self._video is None:
            # The file is created only with the first frame, so that an input without frames
            # leaves no file.
            file = self._sound_from
            sound = SoundSource(file, self._source.shifts) if file is not None else None
            self._video = self._stack.enter_context(VideoWriter(self._target, sound_from=sound))
        self._video.write(drawn, frame.time)

    def cut_short(self) -> None:
        """End the copy's sound with its last frame, because the rest of the input is not copied."""
        if self._video is not None:
            self._video.cut_short()
