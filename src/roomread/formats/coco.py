"""Write boxes of faces as COCO JSON (Lin et al. 2014), which labelling tools import."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import IO, Any

from roomread.readings import Expression, Frame, Reading
from roomread.wire import reading_to_dict

# Category ids start at 1; the last one is for faces without an expression.
_FACE = len(Expression) + 1
_CATEGORIES = [
    *({"id": e + 1, "name": e.display_name, "supercategory": "face"} for e in Expression),
    {"id": _FACE, "name": "face", "supercategory": "face"},
]


class CocoSink:
    """Sink that writes an image entry for each frame and an annotation for each face.

    A face without an expression has the category "face". `score` is the confidence of the
    expression, or the detection confidence if the face has no expression. `attributes` contains
    all fields of the reading.

    Args:
        file: The text file, which is written when the sink is closed.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._images: list[dict[str, Any]] = []
        self._annotations: list[dict[str, Any]] = []

    def add(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Add the readings of one frame."""
        image = len(self._images) + 1
        height, width = frame.image.shape[:2]
        self._images.append(
            {
                "id": image,
                "file_name": frame.source,
                "width": width,
                "height": height,
                "time": frame.time,
                "frame_index": frame.index,
            }
        )
        for reading in readings:
            self._annotations.append(_annotation(len(self._annotations) + 1, image, reading))

    def close(self) -> None:
        """Write the file."""
        content = {
            "info": {"description": "Faces read by Roomread"},
            "images": self._images,
            "annotations": self._annotations,
            "categories": _CATEGORIES,
        }
        json.dump(content, self._file)
        self._file.write("\n")


def _annotation(number: int, image: int, reading: Reading) -> dict[str, Any]:
    left, top, right, bottom = reading.box
    width, height = right - left, bottom - top
    expression, confidence = reading.expression, reading.confidence
    return {
        "id": number,
        "image_id": image,
        "category_id": _FACE if expression is None else expression + 1,
        "bbox": [left, top, width, height],
        "area": width * height,
        "iscrowd": 0,
        "score": reading.detection_confidence if expression is None else confidence,
        "attributes": reading_to_dict(reading),
    }
