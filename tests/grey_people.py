"""Draw people as grey areas, with a fake embedder that distinguishes them by their grey level."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from classes import reading, showing, tile
from roomread.readings import Expression, Reading

SCORES = showing(Expression.NEUTRAL)
MARKS = np.array([[20, 30], [50, 30], [35, 50], [25, 70], [45, 70]], dtype=np.float32)


class Grey:
    """A fake face embedder that distinguishes people by their grey level."""

    name, side, threshold = "grey", 8, 0.9
    template = MARKS.astype(np.float64) / 10

    def __init__(self) -> None:
        self.looks = 0

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.looks += len(crops)
        vectors = np.zeros((len(crops), 256), dtype=np.float32)
        vectors[np.arange(len(crops)), crops[:, 4, 4, 0]] = 1
        return vectors


def grey_face(image: NDArray[np.uint8], person: int, place: int, time: float) -> Reading:
    """Draw a person into a tile, and return the reading of their face.

    Args:
        image: uint8 [1080, 1920, 3], which is changed.
        person: The number of the person, which determines the grey level, 1 to 25.
        place: The number of the tile, which is also the id of the track.
        time: Seconds from the start of the source.
    """
    box = tile(place)
    left, top = int(box.left), int(box.top)
    image[top - 30 : top + 120, left - 30 : left + 100] = 10 * person
    return replace(
        reading(place, time, SCORES, box=box),
        landmarks=MARKS + np.array([left, top], dtype=np.float32),
    )
