"""A fixed input for every model file, to tell whether a machine computes what ours did."""

from __future__ import annotations

import json
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from roomread.classifier.classifier import softmax
from roomread.classifier.model_file import ModelFile

# The largest difference in a probability that is rounding and not an error.
TOLERANCE = 1e-4
# Processors round in 8 bits each in their way, and a rounding may tip the next layer's.
INT8_TOLERANCE = 0.02


def check_pictures(side: int = 48, *, count: int = 7) -> NDArray[np.uint8]:
    """The same smooth synthetic pictures every time, uint8 [count, side, side]."""
    y, x = np.mgrid[0:side, 0:side] / side
    waves = [np.sin((k + 2) * x * 3) * np.cos((k + 1) * y * 4) for k in range(count)]
    return np.stack([(127.5 + 120 * wave).astype(np.uint8) for wave in waves])


def check_probabilities(model: ModelFile) -> NDArray[np.float32]:
    """What a model makes of `check_pictures`, float32 [7, 7], before its temperature."""
    pictures = check_pictures(model.side)
    (logits,) = model.session.run(["logits"], {"faces": pictures[:, None]})
    return softmax(logits)


def stored_probabilities(name: str) -> NDArray[np.float32]:
    """What a bundled model made of `check_pictures` where it was trained, float32 [7, 7]."""
    file = resources.files("roomread.classifier") / "bundled" / f"{name}.check.json"
    return np.array(json.loads(file.read_text(encoding="utf-8")), dtype=np.float32)
