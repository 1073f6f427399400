from __future__ import annotations

import numpy as np
import pytest

from roomread.bench.scenes import astronaut
from roomread.media import SignalCheck
from roomread.readings import Frame, NoPicture


def frame(image: np.ndarray, time: float) -> Frame:
    return Frame(image, time, 0, "camera")


@pytest.mark.parametrize("level", [0, 20, 128, 255])
def test_uniform_camera_frame_is_reported_as_blank(level: int) -> None:
    image = np.full((480, 640, 3), level, np.uint8)
    assert SignalCheck().update(frame(image, 0.0)) is NoPicture.BLANK


def test_noisy_dark_frame_of_a_covered_lens_is_reported_as_blank() -> None:
    noise = np.random.default_rng(0).integers(0, 6, (480, 640, 3), dtype=np.uint8)
    assert SignalCheck().update(frame(noise, 0.0)) is NoPicture.BLANK


def test_camera_is_reported_as_frozen_when_its_frame_is_unchanged_for_3_seconds() -> None:
    check = SignalCheck()
    image = astronaut()
    assert check.update(frame(image, 0.0)) is None
    assert check.update(frame(image, 2.9)) is None
    assert check.update(frame(image, 3.0)) is NoPicture.FROZEN
    moved = np.roll(image, 8, axis=1)
    assert check.update(frame(moved, 3.1)) is None
    assert check.update(frame(moved, 4.0)) is None
