from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from roomread.classifier.occlusion import occlusion_map
from roomread.readings import CropGeometry, Expression, Scores


class BrightCorner:
    """A classifier whose probability of "happy" is the brightness of its upper left quarter."""

    side = 48
    framing = CropGeometry(side=1.0, shift=0.0)
    threshold = 0.5

    def classify(self, crops: NDArray[np.uint8]) -> list[Scores]:
        happy = crops[:, :24, :24].mean(axis=(1, 2)) / 255
        others = (1 - happy) / 6
        rows = np.repeat(others[:, None], 7, axis=1).astype(np.float32)
        rows[:, Expression.HAPPY] = happy
        return [Scores(row, self.threshold) for row in rows]


def corner() -> NDArray[np.uint8]:
    crop = np.zeros((48, 48), np.uint8)
    crop[:24, :24] = 255
    return crop


def test_only_pixels_that_show_the_expression_have_positive_importance() -> None:
    importance = occlusion_map(BrightCorner(), corner(), Expression.HAPPY)
    assert importance.shape == (48, 48)
    assert importance.dtype == np.float32
    assert importance[:20, :20].min() > 0.05
    assert np.abs(importance[36:, 36:]).max() < 1e-6


def test_pixels_that_reduce_a_probability_have_negative_importance() -> None:
    importance = occlusion_map(BrightCorner(), corner(), Expression.SAD)
    assert importance[:20, :20].max() < 0


@pytest.mark.parametrize(("patch", "step"), [(48, 1), (7, 7), (5, 3)])
def test_every_pixel_is_hidden_at_least_once(patch: int, step: int) -> None:
    importance = occlusion_map(BrightCorner(), corner(), Expression.HAPPY, patch=patch, step=step)
    assert np.isfinite(importance).all()


@pytest.mark.parametrize(("patch", "step"), [(0, 1), (49, 1), (12, 0), (12, 13)])
def test_occlusion_squares_that_do_not_cover_the_whole_crop_are_refused(
    patch: int, step: int
) -> None:
    with pytest.raises(ValueError, match="but 1 <= step <= patch <= 48 must hold"):
        occlusion_map(BrightCorner(), corner(), Expression.HAPPY, patch=patch, step=step)


def test_crop_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"uint8 \[24, 24\], not uint8 \[48, 48\]"):
        occlusion_map(BrightCorner(), corner()[:24, :24], Expression.HAPPY)
