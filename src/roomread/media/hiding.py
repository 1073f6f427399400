"""Make faces in pictures unrecognisable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from roomread.readings import Box, Reading

# A face is hidden with its hair, ears and chin: its box is enlarged by this fraction of its size on
# each side.
_MARGIN = 0.25
# Number of squares across a pixelated face; with 6, no person is recognised. A blurred face is
# pixelated first, because a plain blur can partly be undone.
_SQUARES = 6
_COVER = (90, 90, 90)
# Seconds for which a face of a video stays hidden after it was last found.
HOLD = 0.6


class HideMethod(StrEnum):
    """A method of hiding a face: by pixelation, by a blur or by a grey ellipse over the face."""

    PIXELATE = "pixelate"
    BLUR = "blur"
    COVER = "cover"


def hide_boxes(
    image: NDArray[np.uint8], boxes: Iterable[Box], method: HideMethod
) -> NDArray[np.uint8]:
    """Return a copy of a picture, uint8 [H, W, 3], with the faces in the given boxes hidden.

    An ellipse around each box is hidden. It extends beyond the left and right sides by a quarter of
    the box's width, and beyond the top and bottom by a quarter of its height.
    """
    canvas = Image.fromarray(image)
    for box in boxes:
        area = _enlarged(box, canvas.size)
        if area is not None:
            _hide(canvas, area, method)
    return np.asarray(canvas)


class FoundFaces(NamedTuple):
    """The places of the faces in one frame of a video.

    Attributes:
        time: The time of the frame, s.
        boxes: The box of each face by its track id.
    """

    time: float
    boxes: Mapping[int, Box]


def boxes_around(frames: Sequence[FoundFaces], index: int) -> list[Box]:
    """Return the boxes to hide in a frame of a video when the faces of all frames are known.

    A face that is not found in this frame is hidden too if it is found up to 0.6 s earlier or
    later: at its last place before this frame, at its first place after this frame, or at both.

    Args:
        frames: The faces found in each frame of the video, earliest frame first.
        index: The position of the frame in `frames`.
    """
    time, boxes = frames[index]
    hidden = list(boxes.values())
    for step in (-1, 1):
        near: set[int] = set()
        place = index + step
        while 0 <= place < len(frames) and abs(frames[place].time - time) <= HOLD:
            missing = frames[place].boxes.keys() - boxes.keys() - near
            hidden += [frames[place].boxes[track] for track in sorted(missing)]
            near |= missing
            place += step
    return hidden


class FaceHider:
    """A stage that hides the faces of one picture or video, frame by frame.

    In a video, a face that is no longer found stays hidden at its last place for 0.6 s. A face that
    is never found is not hidden.

    Args:
        method: The method of hiding the faces.
    """

    def __init__(self, method: HideMethod) -> None:
        self._method = method
        self._seen: dict[int, tuple[float, Box]] = {}

    def hide(
        self, image: NDArray[np.uint8], readings: Sequence[Reading], time: float
    ) -> NDArray[np.uint8]:
        """Return a copy of the next frame, uint8 [H, W, 3], with its faces hidden.

        Args:
            image: The frame, uint8 [H, W, 3].
            readings: The readings of the faces found in the frame.
            time: The time of the frame, s.
        """
        boxes = [reading.box for reading in readings]
        current = {each.track_id: each.box for each in readings if each.track_id is not None}
        boxes += [
            box
            for track_id, (seen, box) in self._seen.items()
            if track_id not in current and abs(time - seen) <= HOLD
        ]
        self._seen |= {track_id: (time, box) for track_id, box in current.items()}
        self._seen = {
            track_id: each for track_id, each in self._seen.items() if abs(time - each[0]) <= HOLD
        }
        return hide_boxes(image, boxes, self._method)


def _enlarged(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """Return the area to hide for a box, px, clipped to a picture of this size; None if empty."""
    x, y = _MARGIN * box.width, _MARGIN * box.height
    left, top = int(max(box.left - x, 0)), int(max(box.top - y, 0))
    right = int(np.ceil(min(box.right + x, size[0])))
    bottom = int(np.ceil(min(box.bottom + y, size[1])))
    return (left, top, right, bottom) if left < right and top < bottom else None


def _hide(canvas: Image.Image, area: tuple[int, int, int, int], method: HideMethod) -> None:
    left, top, right, bottom = area
    width, height = right - left, bottom - top
    if method is HideMethod.COVER:
        hidden = Image.new("RGB", (width, height), _COVER)
    else:
        side = max(width, height) / _SQUARES
        squares = (max(1, round(width / side)), max(1, round(height / side)))
        small = canvas.crop(area).resize(squares, Image.Resampling.BOX)
        hidden = small.resize((width, height), Image.Resampling.NEAREST)
        if method is HideMethod.BLUR:
            hidden = hidden.filter(ImageFilter.GaussianBlur(side / 2))
    mask = Image.new("L", (width, height))
    ImageDraw.Draw(mask).ellipse((0, 0, width - 1, height - 1), fill=255)
    canvas.paste(hidden, (left, top), mask)
