"""Pictures for tests of live sources, each a little different from the one before."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def wall(seed: int) -> NDArray[np.uint8]:
    """Return a chequered wall with noise, uint8 [240, 320, 3]; the left half is darker."""
    squares = (np.indices((240, 320)) // 20).sum(axis=0) % 2
    image = np.random.default_rng(seed).integers(100, 130, (240, 320, 3), dtype=np.uint8)
    image += (120 * squares[:, :, None]).astype(np.uint8)
    image[:, :160] //= 2
    return image
