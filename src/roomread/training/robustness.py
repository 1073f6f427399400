"""Measure the loss of accuracy under the degradations of webcams and video calls."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import kornia
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from roomread.classifier import ModelFile
from roomread.training.dataset import SIDE, FerData, Split
from roomread.training.evaluate import AUTHORS_RULE, predict, probabilities, truths

_SEED = 0


@dataclass(frozen=True, slots=True)
class Condition:
    """The accuracy under one condition.

    Attributes:
        name: the name of the change to the pictures.
        accuracy: 0..1.
        drop: loss of accuracy compared with the unchanged pictures, percentage points.
    """

    name: str
    accuracy: float
    drop: float


def measure(model: ModelFile, data: FerData, split: Split) -> dict[str, list[Condition]]:
    """Return the accuracy under each of `CONDITIONS`, by the name of the rule for true labels.

    The rules are those of `truths`, without the rule of FER+'s authors. The first condition leaves
    the pictures unchanged.
    """
    images = data.split(split).images
    found = [truth for truth in truths(data, split) if truth.name != AUTHORS_RULE]
    results: dict[str, list[Condition]] = {truth.name: [] for truth in found}
    for name, change in CONDITIONS.items():
        logits = predict(model, apply(change, images))
        for truth in found:
            p = probabilities(model, logits, fer2013=truth.fer2013)[truth.rows]
            accuracy = float((p.argmax(axis=1) == truth.labels).mean())
            done = results[truth.name]
            done.append(Condition(name, accuracy, 100 * (_plain(done, accuracy) - accuracy)))
    return results


def _plain(done: list[Condition], accuracy: float) -> float:
    return done[0].accuracy if done else accuracy


def apply(change: Callable[[Tensor], Tensor], images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return changed pictures uint8 [N, 48, 48]; random changes have a fixed seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(_SEED)
        changed = change(torch.from_numpy(images).unsqueeze(1).float() / 255)
    array: NDArray[np.uint8] = (changed * 255).round().clamp(0, 255).byte().squeeze(1).numpy()
    return array


def _occlude(x: Tensor) -> Tensor:
    """Cover a random ninth of each picture with a grey square, like a hand or a cup."""
    x, side = x.clone(), SIDE // 3
    places = torch.randint(0, SIDE - side + 1, (len(x), 2)).tolist()
    for picture, (top, left) in zip(x, places, strict=True):
        picture[:, top : top + side, left : left + side] = 0.5
    return x


def _contrast(factor: float) -> Callable[[Tensor], Tensor]:
    """Return a function that scales the contrast of pictures, each around its own mean."""

    def change(x: Tensor) -> Tensor:
        mean = x.mean(dim=(1, 2, 3), keepdim=True)
        return ((x - mean) * factor + mean).clamp(0, 1)

    return change


def _noise(x: Tensor) -> Tensor:
    return (x + 0.06 * torch.randn_like(x)).clamp(0, 1)


def _blur(x: Tensor) -> Tensor:
    return kornia.filters.gaussian_blur2d(x, (9, 9), (1.5, 1.5))


def _jpeg(x: Tensor) -> Tensor:
    """Compress pictures as JPEG with quality 15, as a video call on a poor connection does."""
    changed = []
    for picture in (x * 255).byte().squeeze(1).numpy():
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, "JPEG", quality=15)
        changed.append(np.asarray(Image.open(buffer)))
    return torch.from_numpy(np.stack(changed)).unsqueeze(1).float() / 255


def _rotate(degrees: float) -> Callable[[Tensor], Tensor]:
    def change(x: Tensor) -> Tensor:
        angle = torch.full((len(x),), float(degrees))
        return kornia.geometry.rotate(x, angle, padding_mode="border")

    return change


def _small(side: int) -> Callable[[Tensor], Tensor]:
    """Return a function that scales pictures down to `side` px and up again."""

    def change(x: Tensor) -> Tensor:
        small = F.interpolate(x, (side, side), mode="bilinear", antialias=True)
        return F.interpolate(small, (SIDE, SIDE), mode="bicubic").clamp(0, 1)

    return change


CONDITIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "as they are": lambda x: x,
    "a ninth covered": _occlude,
    "contrast x 0.3": _contrast(0.3),
    "contrast x 2": _contrast(2.0),
    "darker, x 0.4": lambda x: 0.4 * x,
    "noise, sigma 0.06": _noise,
    "blur, sigma 1.5 px": _blur,
    "JPEG, quality 15": _jpeg,
    "rotated by 15°": _rotate(15),
    "rotated by 30°": _rotate(30),
    "face of 24 px": _small(24),
    "face of 16 px": _small(16),
}
