from __future__ import annotations

import numpy as np
import pytest

from roomread.faces.centerface.scaling import scaled_down


def test_picture_that_would_be_enlarged_is_returned_unchanged() -> None:
    image = np.zeros((4, 6, 3), np.uint8)
    assert scaled_down(image, 1.0) is image
    assert scaled_down(image, 3.0) is image


@pytest.mark.parametrize(
    ("scale", "shape"), [(0.5, (50, 100, 3)), (0.333, (33, 67, 3)), (0.001, (1, 1, 3))]
)
def test_scaled_picture_has_at_least_one_pixel(scale: float, shape: tuple[int, ...]) -> None:
    small = scaled_down(np.full((100, 200, 3), 90, np.uint8), scale)
    assert small.shape == shape
    assert small.dtype == np.uint8
    np.testing.assert_allclose(small, 90, atol=2)


def test_thin_lines_are_averaged_and_not_skipped() -> None:
    image = np.zeros((96, 96, 3), np.uint8)
    image[:, ::4] = 200
    small = scaled_down(image, 0.25)
    np.testing.assert_allclose(small, 50, atol=6)


def test_array_that_is_not_contiguous_is_scaled() -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    image[:, 32:] = 200
    small = scaled_down(image[:, ::-1][:32], 0.5)
    assert small.shape == (16, 32, 3)
    assert small[:, 2].mean() > 190
    assert small[:, -3].mean() < 10
