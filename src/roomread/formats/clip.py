"""Write a clip: a part of a video with its sound, in which faces are hidden."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from roomread.errors import MediaError, OutputError
from roomread.media import (
    FoundFaces,
    HideMethod,
    VideoWriter,
    boxes_around,
    draw_readings,
    hide_boxes,
    open_excerpt,
)
from roomread.media.hiding import HOLD
from roomread.pipeline import EVERY_FRAME, Analyzer, StreamAnalyzer
from roomread.readings import Frame, Reading


@dataclass(frozen=True, slots=True)
class ClipLook:
    """Options for the appearance of a clip.

    Attributes:
        hide: How faces are made unrecognisable; None to show faces.
        labels: Whether boxes and labels with the expression of each face are drawn.
    """

    hide: HideMethod | None = HideMethod.PIXELATE
    labels: bool = False


class _Found(NamedTuple):
    """The faces of the frames in and around a clip, and their readings if labels are drawn."""

    faces: list[FoundFaces]
    readings: list[Sequence[Reading]]
    problem: MediaError | None

    def draw(self, frame: Frame, look: ClipLook) -> NDArray[np.uint8]:
        """Return a frame with its faces hidden, labelled or both, uint8 [H, W, 3]."""
        index = max(bisect_right(self.faces, frame.time, key=lambda each: each.time) - 1, 0)
        image = frame.image
        if look.hide is not None:
            image = hide_boxes(image, boxes_around(self.faces, index), look.hide)
        return draw_readings(image, self.readings[index]) if look.labels else image


def write_clip(
    target: Path, video: Path, start: float, stop: float, *, analyzer: Analyzer, look: ClipLook
) -> MediaError | None:
    """Write a part of a video as a clip.

    The part is read twice: the first pass detects the faces of each frame, the second writes the
    clip. A face is therefore also hidden in the frames just before the frame in which it is first
    detected. A face that is never detected is not hidden.

    Args:
        target: The file to write, with the suffix of MP4, M4V, MOV, MKV or WebM.
        video: The video.
        start: The start of the clip in the video, s.
        stop: The end of the clip in the video, s.
        analyzer: The analyzer that detects and reads the faces.
        look: The appearance of the clip.

    Returns:
        The error that stopped reading, if the video is damaged in or just after the part; None
        otherwise. A clip of a damaged video ends before the damage.

    Raises:
        MediaError: The video cannot be read, or has no frame between `start` and `stop`.
        OutputError: The clip cannot be written, or would overwrite the video.
    """
    if target.exists() and video.exists() and target.samefile(video):
        raise OutputError(
            f"{target}: the clip would overwrite the video", hint="write it to another folder"
        )
    found = _find(video, start, stop, analyzer=analyzer, look=look)
    first = next((faces.time for faces in found.faces if faces.time >= start), None)
    if first is None:
        raise found.problem or MediaError(
            f"{video}: has no frame between {start:.1f} s and {stop:.1f} s",
            hint="check the offset, and that this is the video of the session",
        )
    with open_excerpt(video, start, stop, with_sound=True) as excerpt:
        frames = iter(excerpt.frames)
        # The offset between the video's timestamps and its frame times, which the sound needs, is
        # known once the first frame is decoded.
        frame = next(frames, None)
        with VideoWriter(target, sound_from=excerpt.sound(first)) as writer:
            while frame is not None:
                # A video without an index yields the frames before the clip as well. The writer
                # skips them.
                image = found.draw(frame, look) if frame.time >= first else frame.image
                writer.write(image, frame.time - first)
                try:
                    frame = next(frames, None)
                except MediaError:
                    frame = None
            writer.cut_short()
    return found.problem


def _find(video: Path, start: float, stop: float, *, analyzer: Analyzer, look: ClipLook) -> _Found:
    """Detect the faces in the frames of a clip and shortly before and after it.

    If faces are neither hidden nor labelled, the frames are listed, but not searched for faces.
    """
    stages = StreamAnalyzer(analyzer.detector, analyzer.reader, cadence=EVERY_FRAME)
    found = _Found([], [], None)
    seeks = look.hide is not None or look.labels
    with open_excerpt(video, start, stop + HOLD, lead=2 * HOLD) as excerpt:
        try:
            for frame in excerpt.frames:
                tracks = stages.find(frame) if seeks else []
                boxes = {track.id: track.face.box for track in tracks}
                found.faces.append(FoundFaces(frame.time, boxes))
                found.readings.append(stages.read(frame, tracks) if look.labels else ())
        except MediaError as problem:
            return found._replace(problem=problem)
    return found
