from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomread.faces.orientation import UPRIGHT, bounding_box, orientation, rotated

ROLLS = st.floats(-179, 179)


@given(roll=ROLLS, height=st.floats(5, 2000), x=st.floats(-500, 4000), y=st.floats(-500, 4000))
def test_orientation_of_a_rotated_face_is_recovered_from_its_landmarks(
    roll: float, height: float, x: float, y: float
) -> None:
    seen = orientation((rotated(UPRIGHT * height, roll) + np.array([x, y])).astype(np.float32))
    assert seen.roll == pytest.approx(roll, abs=0.1)
    assert seen.height == pytest.approx(height, rel=1e-3)
    assert seen.center == pytest.approx((x, y), abs=0.01 * height)
    assert seen.misfit < 1e-2


def test_positive_roll_is_clockwise() -> None:
    # Turned clockwise by 90 degrees, the chin points to the left of the picture.
    turned = rotated(np.array([[0.0, 1.0]]), 90)
    np.testing.assert_allclose(turned, [[-1, 0]], atol=1e-9)


def test_swapped_eye_and_mouth_landmarks_have_a_large_misfit() -> None:
    # Eyes and mouth have changed places, with left and right as in an upright face.
    swapped = UPRIGHT[[3, 4, 2, 0, 1]].astype(np.float32)
    assert orientation(swapped).misfit > 0.45


def test_profile_view_has_a_larger_misfit_than_a_frontal_face() -> None:
    narrow = (UPRIGHT * [0.3, 1]).astype(np.float32)
    assert 0.2 < orientation(narrow).misfit < 0.6


def test_landmarks_that_all_coincide_have_misfit_1() -> None:
    assert orientation(np.zeros((5, 2), dtype=np.float32)).misfit == 1


@pytest.mark.parametrize(("roll", "size"), [(0, (40, 60)), (90, (60, 40)), (180, (40, 60))])
def test_quarter_turn_swaps_width_and_height_of_the_bounding_box(
    roll: float, size: tuple[int, int]
) -> None:
    box = bounding_box((100, 200), 40, 60, roll)
    assert (box.width, box.height) == pytest.approx(size)
    assert box.center == pytest.approx((100, 200))


@given(roll=ROLLS)
def test_bounding_box_of_a_rotated_box_keeps_the_diagonal_length(roll: float) -> None:
    box = bounding_box((0, 0), 40, 60, roll)
    assert 40 <= box.width <= 60.001
    assert box.width**2 + box.height**2 == pytest.approx(40**2 + 60**2)
