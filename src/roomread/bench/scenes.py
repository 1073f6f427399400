"""Make pictures and recordings from public-domain portraits that two packages contain.

Astronaut Eileen Collins (NASA) comes with scikit-image, Rear Admiral Grace Hopper (U.S. Navy)
with Matplotlib. The pictures are identical in every run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import matplotlib.cbook
import numpy as np
import skimage.data
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps

from roomread.readings import Box, Frame

# The faces from forehead to chin, measured by eye, px.
ASTRONAUT_FACE = Box(180, 58, 272, 178)
HOPPER_FACE = Box(174, 132, 358, 336)


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A synthetic picture of a video call.

    Attributes:
        image: uint8 [H, W, 3], RGB.
        people: The tiles with one face each, from left to right and top to bottom, px.
        others: The tiles without a face, such as a slide.
    """

    image: NDArray[np.uint8]
    people: list[Box]
    others: list[Box]


@cache
def astronaut() -> NDArray[np.uint8]:
    """Return a photograph with a smiling face of 120 px; uint8 [512, 512, 3], RGB, read-only."""
    # scikit-image's functions have no types.
    load: Callable[[], NDArray[np.uint8]] = skimage.data.astronaut
    return _read_only(load())


@cache
def hopper() -> NDArray[np.uint8]:
    """Return a photograph with an earnest face of 205 px; uint8 [600, 512, 3], RGB, read-only."""
    path = matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
    with Image.open(path) as picture:
        return _read_only(np.asarray(picture.convert("RGB")))


def portraits() -> list[tuple[NDArray[np.uint8], Box]]:
    """Return the two portraits, each with the box of its face, px."""
    return [(astronaut(), ASTRONAUT_FACE), (hopper(), HOPPER_FACE)]


def with_face_of(height: float, portrait: NDArray[np.uint8], face: Box) -> NDArray[np.uint8]:
    """Return a portrait, scaled so that the face in the box `face` is `height` px high."""
    return np.asarray(_scaled(portrait, height / face.height))


def slide(width: int, height: int) -> NDArray[np.uint8]:
    """Return a slide without a face: a heading, lines of text, a chart; uint8 [H, W, 3]."""
    picture = Image.new("RGB", (width, height), (250, 250, 246))
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=max(8, height // 12))
    draw.rectangle((0, 0, width, height // 6), fill=(40, 70, 140))
    draw.text((width // 20, height // 30), "Photosynthesis", fill="white", font=font)
    for line, text in enumerate(["light and water", "6 CO2 + 6 H2O", "leaves, roots", "sugar"]):
        draw.text((width // 20, height * (3 + 2 * line) // 12), text, fill=(30, 30, 30), font=font)
    for bar, part in enumerate([0.3, 0.5, 0.42, 0.66]):
        left = width * (62 + 9 * bar) // 100
        draw.rectangle(
            (left, int(height * (0.95 - part)), left + width // 15, int(height * 0.95)),
            fill=(200, 90 + 30 * bar, 40),
        )
    return np.asarray(picture)


def grid(  # noqa: PLR0913 (each is an option of the scene)
    *,
    width: int = 1280,
    height: int = 720,
    columns: int = 6,
    rows: int = 5,
    people: int = 25,
    seed: int = 0,
    face: tuple[float, float] = (0.3, 0.5),
    cast: Sequence[int] = (0, 1),
) -> Grid:
    """Return a call with `people` faces that vary in size, place, light, tint, tilt and mirroring.

    The other tiles are spread over the picture. They show in turn a blank tile, a slide, black, a
    dark slide and initials.

    Args:
        width: Width of the picture, px.
        height: Height of the picture, px.
        columns: Number of columns of tiles.
        rows: Number of rows of tiles.
        people: Number of tiles with a face.
        seed: The random seed.
        face: Minimum and maximum height of a face as a fraction of its tile's height.
        cast: The indices of the `portraits` that the tiles show in turn: 0 smiles, 1 is earnest.
    """
    places = tiles(width, height, columns, rows)
    random = np.random.default_rng(seed)
    without = set(random.permutation(len(places))[people:].tolist())
    canvas = Image.new("RGB", (width, height), (24, 24, 26))
    made = Grid(np.empty(0, dtype=np.uint8), [], [])
    for number, tile in enumerate(places):
        size = int(tile.width), int(tile.height)
        if number in without:
            content = _empty(len(made.others), size)
            made.others.append(tile)
        else:
            shown = cast[len(made.people) % len(cast)]
            content = _person(*portraits()[shown], size, random, face)
            made.people.append(tile)
        canvas.paste(content, (int(tile.left), int(tile.top)))
    return Grid(_read_only(np.asarray(canvas)), made.people, made.others)


def tiles(width: int, height: int, columns: int, rows: int) -> list[Box]:
    """Return the tiles of a grid, row by row, in whole px and with gaps of 4 px."""
    gap = 4
    wide, high = (width - gap) // columns - gap, (height - gap) // rows - gap
    corners = [
        (gap + column * (wide + gap), gap + row * (high + gap))
        for row in range(rows)
        for column in range(columns)
    ]
    return [Box(left, top, left + wide, top + high) for left, top in corners]


def _empty(kind: int, size: tuple[int, int]) -> Image.Image:
    """Return a tile without a face: blank, a slide, black, a dark slide or initials, by `kind`."""
    if kind % 5 in (1, 3):
        shared = Image.fromarray(slide(*size))
        return shared if kind % 5 == 1 else ImageOps.invert(shared)
    colour = [(232, 234, 237), (0, 0, 0), (60, 64, 67)][kind % 5 // 2]
    picture = Image.new("RGB", size, colour)
    if kind % 5 == 4:
        font = ImageFont.load_default(size=size[1] // 3)
        ImageDraw.Draw(picture).text(
            (size[0] // 2, size[1] // 2), "GH", fill="white", font=font, anchor="mm"
        )
    return picture


def _person(
    portrait: NDArray[np.uint8],
    face: Box,
    size: tuple[int, int],
    random: np.random.Generator,
    heights: tuple[float, float],
) -> Image.Image:
    """Return a tile that shows one face of random height near the middle of the tile."""
    zoom = size[1] * random.uniform(*heights) / face.height
    person = _scaled(portrait, zoom)
    x, y = (zoom * part for part in face.center)
    place = size[0] * random.uniform(0.4, 0.6), size[1] * random.uniform(0.4, 0.55)
    # Fill the rest of the tile with a wall in the colour of the portrait's corner.
    red, green, blue = (int(part) for part in portrait[20:60, -60:-20].mean(axis=(0, 1)))
    tile = Image.new("RGB", size, (red, green, blue))
    tilted = person.rotate(
        random.uniform(-10, 10),
        Image.Resampling.BICUBIC,
        center=(x, y),
        fillcolor=(red, green, blue),
    )
    tile.paste(tilted, (round(place[0] - x), round(place[1] - y)))
    if random.random() < 0.5:
        tile = ImageOps.mirror(tile)
    tint = np.array(random.uniform(0.85, 1.0, size=3), dtype=np.float32)
    lit = ImageEnhance.Brightness(tile).enhance(random.uniform(0.55, 1.25))
    return Image.fromarray((np.asarray(lit) * tint).astype(np.uint8))


def _scaled(picture: NDArray[np.uint8], zoom: float) -> Image.Image:
    height, width = picture.shape[:2]
    size = max(1, round(width * zoom)), max(1, round(height * zoom))
    return Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS)


def _read_only(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a read-only copy of a picture, so that callers can share it."""
    image = np.array(image)
    image.setflags(write=False)
    return image


def moving(
    still: Grid, count: int, *, rate: float = 25.0, sway: float = 0.08, noise: float = 2.0
) -> Iterator[Frame]:
    """Yield a recording of a call in which the people sway within their tiles at different paces.

    Args:
        still: The call.
        count: Number of frames.
        rate: Frame rate, frames per second.
        sway: Maximum movement of a person to each side, as a fraction of the tile's height.
        noise: Standard deviation of the camera's noise, grey levels.
    """
    random = np.random.default_rng(1)
    paces = random.uniform(0.1, 0.5, (len(still.people), 2))
    phases = random.uniform(0, 2 * np.pi, paces.shape)
    # Shift one field of noise, because drawing a new one takes longer than reading a frame.
    grain = random.normal(0, noise, still.image.shape).astype(np.int16)
    for index in range(count):
        image = still.image.astype(np.int16)
        for tile, pace, stagger in zip(still.people, paces, phases, strict=True):
            left, top, right, bottom = (int(side) for side in _sides(tile))
            reach = sway * (bottom - top) * np.sin(2 * np.pi * pace * index / rate + stagger)
            y, x = (int(part) for part in np.round(reach))
            image[top:bottom, left:right] = _shifted(still.image[top:bottom, left:right], y, x)
        image += np.roll(grain, tuple(random.integers(0, 64, 2)), axis=(0, 1))
        yield Frame(np.clip(image, 0, 255).astype(np.uint8), index / rate, index, "scene")


def _sides(box: Box) -> tuple[float, float, float, float]:
    return box.left, box.top, box.right, box.bottom


def _shifted(tile: NDArray[np.uint8], y: int, x: int) -> NDArray[np.uint8]:
    """Return a tile with its content moved by (x, y) px; pixels at the edge are repeated."""
    rows, columns = (np.arange(n) for n in tile.shape[:2])
    rows = np.clip(rows - y, 0, len(rows) - 1)
    columns = np.clip(columns - x, 0, len(columns) - 1)
    return tile[np.ix_(rows, columns)]
