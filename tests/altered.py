"""Create altered portraits, and synthetic pictures with soft shapes like those of FER-2013."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from roomread.bench.scenes import hopper
from roomread.readings import Box


def smooth_pictures(count: int, *, seed: int = 0) -> NDArray[np.uint8]:
    """Return different grey pictures uint8 [count, 48, 48] of large soft shapes, as in faces."""
    coarse = np.random.default_rng(seed).integers(0, 256, (count, 7, 7), dtype=np.uint8)
    return np.stack(
        [np.asarray(Image.fromarray(c).resize((48, 48), Image.Resampling.BICUBIC)) for c in coarse]
    )


def masked(portrait: NDArray[np.uint8], face: Box) -> Image.Image:
    """Return a portrait with a light mask over mouth and chin, a state that no net was taught."""
    picture = Image.fromarray(portrait)
    left, top, right, bottom = face
    part = (left, top + 0.55 * face.height, right, bottom + 0.05 * face.height)
    ImageDraw.Draw(picture).ellipse(part, fill=(235, 235, 240))
    return picture


def variants(picture: Image.Image) -> list[Image.Image]:
    """Return five different pictures of the same face."""
    dimmed = ImageEnhance.Brightness(picture).enhance(0.7)
    return [picture, picture.rotate(6), picture.rotate(-6), ImageOps.mirror(picture), dimmed]


def squeezed() -> list[Image.Image]:
    """Return neutral portraits squeezed so much that the bundled net is unsure of them."""
    picture = Image.fromarray(hopper())
    mirrored = ImageOps.mirror(picture)
    return [narrow(picture, 0.62), narrow(mirrored, 0.64), narrow(picture, 0.66)]


def narrow(picture: Image.Image, width: float) -> Image.Image:
    """Return a picture scaled horizontally to a fraction of its width, 0..1."""
    return picture.resize((round(width * picture.width), picture.height))
