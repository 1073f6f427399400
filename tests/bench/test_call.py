from __future__ import annotations

import importlib.util
import itertools

import numpy as np
import pytest

from roomread.bench.call import ShuffledCall, orl_people
from roomread.errors import MissingExtraError
from roomread.readings import Box

# Ten pictures of each of three people, who differ in their grey level.
PEOPLE = [[np.full((112, 92, 3), grey, np.uint8)] * 10 for grey in (60, 140, 220)]


def call(**options: float) -> ShuffledCall:
    return ShuffledCall(PEOPLE, columns=2, rows=2, size=(160, 120), **options)  # type: ignore[arg-type]


def test_every_person_present_in_a_simulated_call_has_a_separate_tile() -> None:
    shown = call()
    for number, (frame, there) in enumerate(shown.frames(2.0, rate=5)):
        assert frame.index == number
        assert frame.time == pytest.approx(number / 5)
        assert frame.image.shape == (120, 160, 3)
        assert len(set(there.values())) == len(there)
        assert set(there.values()) <= set(shown.tiles)
    assert number == 9


def test_occupied_tile_shows_its_person_and_free_tile_shows_the_wall() -> None:
    shown = call(stay=1e9)
    frame, there = next(iter(shown.frames(1.0, rate=1)))
    assert set(there) == {0, 1, 2}
    (free,) = set(shown.tiles) - set(there.values())
    assert np.abs(pixel(frame.image, free) - (96, 104, 112)).max() < 20
    for box in there.values():
        # The light changes a person's brightness, but leaves it almost grey, unlike the wall.
        red, _, blue = pixel(frame.image, box)
        assert abs(float(red) - float(blue)) < 30


def pixel(image: np.ndarray, box: Box) -> np.ndarray:
    """Return the mean colour around the middle of a tile, which hides the camera's noise."""
    x, y = (int(side) for side in box.center)
    return np.asarray(image[y - 4 : y + 4, x - 4 : x + 4].mean(axis=(0, 1)))


def test_tiles_are_shuffled_only_after_the_given_time() -> None:
    places = [there for _, there in call(shuffle_every=3.0, stay=1e9).frames(6.0, rate=1)]
    assert places[0] == places[1] == places[2]
    assert places[3] == places[4] == places[5]
    assert places[0] != places[3]


def test_people_leave_and_rejoin_a_simulated_call() -> None:
    counts = [
        len(there) for _, there in call(stay=3.0, away=3.0, shuffle_every=0).frames(60, rate=1)
    ]
    assert min(counts) < max(counts)
    assert any(later > earlier for earlier, later in itertools.pairwise(counts))


def test_simulated_call_is_the_same_in_every_run_with_the_same_seed() -> None:
    first, again = ([frame.image for frame, _ in call(seed=4).frames(1.0, rate=3)] for _ in "ab")
    np.testing.assert_array_equal(first, again)
    other = [frame.image for frame, _ in call(seed=5).frames(1.0, rate=3)]
    assert not np.array_equal(first, other)


def test_error_for_the_missing_picture_package_names_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError) as error:
        orl_people()
    assert "roomread[bench]" in error.value.hint
