from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from roomread.errors import MediaError
from roomread.faces.detector import check_picture, largest_first
from roomread.readings import Box, Face


def test_colour_picture_of_one_pixel_is_accepted() -> None:
    check_picture(np.zeros((1, 1, 3), np.uint8))


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 4, 3), np.float32),
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((1, 4, 4, 3), np.uint8),
    ],
)
def test_error_for_an_array_that_is_not_a_colour_picture_states_its_type_and_shape(
    image: NDArray[np.generic],
) -> None:
    with pytest.raises(MediaError, match="must be uint8") as error:
        check_picture(image)  # type: ignore[arg-type]
    assert f"not {image.dtype} {list(image.shape)}" in error.value.problem


def test_faces_are_sorted_by_area_and_faces_of_equal_area_keep_their_order() -> None:
    boxes = [Box(0, 0, 10, 10), Box(50, 0, 70, 20), Box(90, 0, 100, 10)]
    small, large, equal = (Face(box, None, 0.9) for box in boxes)
    assert largest_first([small, large, equal]) == [large, small, equal]
    assert largest_first([]) == []
