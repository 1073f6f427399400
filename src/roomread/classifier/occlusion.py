"""Measure how much a label depends on each part of a face, by hiding one part after another.

Source: Zeiler and Fergus 2014, "Visualizing and understanding convolutional networks"
(arXiv:1311.2901), section 4.2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from roomread.classifier.classifier import FaceClassifier
from roomread.readings import Expression

# Minimum distance of a probability from 0 and 1; float32 can still represent it.
_LEAST = 1e-6


def occlusion_map(
    classifier: FaceClassifier,
    crop: NDArray[np.uint8],
    expression: Expression,
    *,
    patch: int = 12,
    step: int = 4,
) -> NDArray[np.float32]:
    """Return how much an expression's log-odds drop if a pixel is hidden, float32 [side, side].

    A square in the crop's mean grey hides one part after another. The value of a pixel is the drop
    of the natural logarithm of p / (1 - p), averaged over the squares that hide it: positive where
    hiding lowers the odds of the expression, negative where it raises them; 0.7 halves the odds.
    Differences of probabilities would be close to 0 for a face that is read with 99 % confidence.

    Args:
        classifier: The net that reads the crop.
        crop: The face, grey, uint8 [side, side].
        expression: The expression whose probability is measured.
        patch: The side of the square, px of the crop, 1..side.
        step: The distance between adjacent positions of the square, px, 1..patch.

    Raises:
        ValueError: The crop has another shape or dtype, or a length is out of its range.
    """
    side = classifier.side
    if crop.dtype != np.uint8 or crop.shape != (side, side):
        wanted = f"uint8 [{side}, {side}]"
        raise ValueError(f"the crop is {crop.dtype} {list(crop.shape)}, not {wanted}")
    if not 1 <= patch <= side or not 1 <= step <= patch:
        raise ValueError(
            f"patch is {patch} and step is {step}, but 1 <= step <= patch <= {side} must hold"
        )
    # The last position is at the edge, so that every pixel is hidden at least once.
    starts = sorted({*range(0, side - patch + 1, step), side - patch})
    squares = [(slice(y, y + patch), slice(x, x + patch)) for y in starts for x in starts]
    hidden = np.repeat(crop[None], len(squares) + 1, axis=0)
    for image, square in zip(hidden[1:], squares, strict=True):
        image[square] = round(float(crop.mean()))
    probabilities = [scores.probabilities[expression] for scores in classifier.classify(hidden)]
    clipped = np.clip(np.array(probabilities, np.float64), _LEAST, 1 - _LEAST)
    whole, *parts = np.log(clipped / (1 - clipped))
    lost = np.zeros((side, side))
    times = np.zeros((side, side))
    for square, part in zip(squares, parts, strict=True):
        lost[square] += whole - part
        times[square] += 1
    return (lost / times).astype(np.float32)
