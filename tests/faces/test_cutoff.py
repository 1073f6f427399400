from __future__ import annotations

import numpy as np
import pytest

from roomread.faces.cutoff import cut_score, whole_box
from roomread.faces.orientation import UPRIGHT, Orientation, orientation, rotated
from roomread.readings import Box, Face

PICTURE = Box(0, 0, 640, 480)
SIZE = 200.0


def face_at(x: float, y: float, roll: float = 0.0) -> tuple[Face, Orientation]:
    """Return a face of 200 px centred at (x, y), px, with its box clipped to the picture."""
    landmarks = (rotated(UPRIGHT * SIZE, roll) + np.array((x, y))).astype(np.float32)
    seen = orientation(landmarks)
    whole = whole_box(seen)
    box = Box(
        max(whole.left, 0.0),
        max(whole.top, 0.0),
        min(whole.right, PICTURE.right),
        min(whole.bottom, PICTURE.bottom),
    )
    return Face(box, landmarks, 0.9), seen


@pytest.mark.parametrize("roll", [0, 90, 180, -90])
@pytest.mark.parametrize("edge", ["left", "top", "right", "bottom"])
@pytest.mark.parametrize(("beyond", "is_cut"), [(-0.1, False), (0.3, True), (0.5, True)])
def test_cut_off_score_is_positive_only_for_a_cut_off_face_in_any_quarter_turn(
    roll: float, edge: str, beyond: float, *, is_cut: bool
) -> None:
    whole = whole_box(face_at(320, 240, roll)[1])
    x = {"left": (0.5 - beyond) * whole.width, "right": 640 - (0.5 - beyond) * whole.width}
    y = {"top": (0.5 - beyond) * whole.height, "bottom": 480 - (0.5 - beyond) * whole.height}
    score = cut_score(*face_at(x.get(edge, 320), y.get(edge, 240), roll), PICTURE)
    assert (score > 0) == is_cut


@pytest.mark.parametrize("roll", [0, 20, 45, 70, 135])
def test_face_far_from_all_edges_is_not_cut_off(roll: float) -> None:
    assert cut_score(*face_at(320, 240, roll), PICTURE) < -3


def test_face_that_fills_its_picture_is_not_cut_off() -> None:
    face, seen = face_at(320, 240)
    whole = whole_box(seen)
    left, top = whole.left - 4, whole.top - 4
    assert face.landmarks is not None
    landmarks = (face.landmarks - np.array((left, top))).astype(np.float32)
    moved = Face(whole.moved(-left, -top), landmarks, 0.9)
    picture = Box(0, 0, whole.width + 8, whole.height + 8)
    assert cut_score(moved, orientation(landmarks), picture) < 0
