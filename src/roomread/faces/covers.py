"""Detect whether a mask, a hand, sunglasses or another object covers a part of a face."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from roomread.readings import Scores
from roomread.runtime import NetSession, open_session

# Width and height of the net's input, px.
SIDE = 48
# The score above which a face counts as covered. Fewer than 1 % of PublicTest's pictures exceed it,
# and about half of these do show a hand or sunglasses.
COVERED = 4.0
# Increase in the temperature of a face's scores for each unit of its cover score above 0.
RISE = 0.15


def cover_scores(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the log odds that a part of each face is covered.

    The scores come from a net with 19,000 weights, trained on FER-2013's Training pictures with
    masks and other objects drawn over the faces (benchmarks/covers.py).

    Args:
        crops: uint8 [N, S, S], framed like FER-2013's pictures.

    Returns:
        float32 [N].
    """
    if not len(crops):
        return np.zeros(0, dtype=np.float32)
    if crops.shape[1] != SIDE:
        size = (SIDE, SIDE)
        filtered = Image.Resampling.BICUBIC
        crops = np.stack([np.asarray(Image.fromarray(c).resize(size, filtered)) for c in crops])
    scores: NDArray[np.float32] = _net().run(["scores"], {"faces": crops[:, None]})[0]
    return scores


def doubted(scores: Scores, cover_score: float) -> Scores:
    """Return the scores of a face, with lower confidence if a part of the face may be covered.

    The expression that is predicted for a partly covered face is wrong more often than its
    confidence suggests. The softmax temperature therefore grows with the cover score; 95 % of
    uncovered faces keep their scores. benchmarks/RESULTS.md compares the calibration with and
    without this correction.

    Args:
        scores: the scores of the face.
        cover_score: the log odds that a part of the face is covered, from `cover_scores`.
    """
    if cover_score <= 0:
        return scores
    powers = scores.probabilities.astype(np.float64) ** (1 / (1 + RISE * cover_score))
    return replace(scores, probabilities=(powers / powers.sum()).astype(np.float32))


@cache
def _net() -> NetSession:
    # Use one thread, because waking others takes longer than a batch of faces.
    return open_session(files("roomread.faces").joinpath("covers.onnx").read_bytes, threads=1)
