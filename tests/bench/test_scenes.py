from __future__ import annotations

import numpy as np
import pytest

from roomread.bench.scenes import (
    ASTRONAUT_FACE,
    astronaut,
    grid,
    moving,
    portraits,
    slide,
    tiles,
    with_face_of,
)


def test_frames_of_a_moving_scene_differ_and_have_the_size_of_the_scene() -> None:
    still = grid(width=320, height=240, columns=2, rows=2, people=3)
    frames = list(moving(still, 12))
    assert [frame.index for frame in frames] == list(range(12))
    assert all(frame.image.shape == (240, 320, 3) for frame in frames)
    changed = np.abs(frames[0].image.astype(int) - frames[-1].image).mean()
    assert changed > 3


def test_portraits_are_cached_and_read_only() -> None:
    assert astronaut() is astronaut()
    for portrait, face in portraits():
        height, width = portrait.shape[:2]
        assert 0 <= face.left < face.right <= width
        assert 0 <= face.top < face.bottom <= height
        with pytest.raises(ValueError, match="read-only"):
            portrait[0, 0] = 0


def test_portrait_is_scaled_to_the_requested_face_height() -> None:
    small = with_face_of(30, astronaut(), ASTRONAUT_FACE)
    assert small.shape == (128, 128, 3)


@pytest.mark.parametrize(("columns", "rows"), [(1, 1), (6, 5), (7, 3)])
def test_tiles_lie_in_the_picture_and_do_not_overlap(columns: int, rows: int) -> None:
    boxes = tiles(641, 479, columns, rows)
    assert len(boxes) == columns * rows
    covered = np.zeros((479, 641), int)
    for box in boxes:
        covered[int(box.top) : int(box.bottom), int(box.left) : int(box.right)] += 1
        assert box.right <= 641 - 4
        assert box.bottom <= 479 - 4
    assert covered.max() == 1


def test_every_tile_is_listed_either_with_or_without_a_person() -> None:
    made = grid(width=320, height=240, columns=3, rows=3, people=4, seed=2)
    assert (len(made.people), len(made.others)) == (4, 5)
    assert not set(made.people) & set(made.others)
    same = grid(width=320, height=240, columns=3, rows=3, people=4, seed=2)
    np.testing.assert_array_equal(made.image, same.image)
    assert made.people == same.people


def test_slide_has_the_given_size_and_text_on_it() -> None:
    shown = slide(200, 120)
    assert shown.shape == (120, 200, 3)
    assert len(np.unique(shown.reshape(-1, 3), axis=0)) > 10
