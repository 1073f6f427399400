from __future__ import annotations

import numpy as np

from roomread.readings import (
    Box,
    Face,
    Frame,
    Track,
)


def test_faces_and_tracks_are_equal_by_value() -> None:
    faces = [Face(Box(0, 0, 9, 9), np.ones((5, 2), dtype=np.float32), 0.9) for _ in range(2)]
    assert faces[0] == faces[1]
    assert Track(1, faces[0], 0.0, 0.0) == Track(1, faces[1], 0.0, 0.0)
    assert Track(1, faces[0], 0.0, 0.0) != Track(2, faces[1], 0.0, 0.0)


def test_frames_are_compared_by_identity() -> None:
    image = np.zeros((4, 4, 3), np.uint8)
    first, second = (Frame(image, 0.0, 0, "lesson.mp4") for _ in range(2))
    assert first != second
    assert len({first, second}) == 2
    assert (first.discontinuity, first.notes) == (False, ())
