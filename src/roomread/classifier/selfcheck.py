"""Compare a model's output for a fixed input with its output on the machine that trained it."""

from __future__ import annotations

import json
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from roomread.classifier.classifier import softmax
from roomread.classifier.model_file import ModelFile

# Largest difference of two probabilities that is attributed to rounding, in fp32.
TOLERANCE = 1e-4
# Largest such difference in int8, which processors round differently in each layer.
INT8_TOLERANCE = 0.02


def check_pictures(side: int = 48, *, count: int = 7) -> NDArray[np.uint8]:
    """Return smooth synthetic pictures, identical in every call, uint8 [count, side, side]."""
    y, x = np.mgrid[0:side, 0:side] / side
    waves = [np.sin((k + 2) * x * 3) * np.cos((k + 1) * y * 4) for k in range(count)]
    return np.stack([(127.5 + 120 * wave).astype(np.uint8) for wave in waves])


def check_probabilities(model: ModelFile) -> NDArray[np.float32]:
    """Return a model's probabilities for `check_pictures`, float32 [7, 7], uncalibrated."""
    pictures = check_pictures(model.side)
    (logits,) = model.session.run(["logits"], {"faces": pictures[:, None]})
    return softmax(logits)


def stored_probabilities(name: str) -> NDArray[np.float32]:
    """Return the result of `check_probabilities` that the training machine stored for a model.

    Args:
        name: The name of a bundled model.

    Returns:
        Probabilities, float32 [7, 7].
    """
    file = resources.files("roomread.classifier") / "bundled" / f"{name}.check.json"
    return np.array(json.loads(file.read_text(encoding="utf-8")), dtype=np.float32)
