"""Convert faces to unit vectors (embeddings), which are close for faces of the same person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# A large face is reduced before it is sampled, to no less than this many times the side of its
# crop; see `align`.
_DENSEST = 2


class FaceEmbedder(Protocol):
    """A net that turns aligned crops of faces into vectors.

    Attributes:
        name: Name shown to users.
        side: Side of a crop, px.
        template: float [5, 2], the positions of the landmarks in a crop, px, in the order of
            `Face.landmarks`.
        threshold: Minimum cosine of two vectors that count as the same person, -1..1.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 (above)

    @property
    def side(self) -> int: ...  # noqa: D102

    @property
    def template(self) -> NDArray[np.float64]: ...  # noqa: D102

    @property
    def threshold(self) -> float: ...  # noqa: D102

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return unit vectors float32 [N, D] of crops uint8 [N, side, side, 3] RGB, in order."""


def align(
    image: NDArray[np.uint8],
    faces: Sequence[NDArray[np.float32]],
    template: NDArray[np.float64],
    side: int,
) -> NDArray[np.uint8]:
    """Cut out faces, rotated upright and scaled to one size.

    Args:
        image: uint8 [H, W, 3], RGB.
        faces: The landmarks of N faces, float32 [5, 2] each, px of `image`.
        template: float [5, 2], the positions of the landmarks in a crop, px.
        side: Side of a crop, px.

    Returns:
        uint8 [N, side, side, 3], RGB; black outside of the picture.
    """
    crops = np.empty((len(faces), side, side, 3), dtype=np.uint8)
    picture = Image.fromarray(image)
    for crop, landmarks in zip(crops, faces, strict=True):
        matrix, shift = similarity(template, landmarks.astype(np.float64))
        scale = float(np.hypot(*matrix[0]))
        # Reduce a large face first, because Pillow's transform samples only nearby pixels and would
        # skip the others.
        factor = max(1, int(scale / _DENSEST))
        source, offset = picture, np.zeros(2)
        if factor > 1:
            corners = matrix @ np.array([[0, side, 0, side], [0, 0, side, side]]) + shift[:, None]
            left, top = np.maximum(np.floor(corners.min(axis=1)), 0)
            right, bottom = np.minimum(np.ceil(corners.max(axis=1)), picture.size)
            box = (
                int(left),
                int(top),
                max(int(right), int(left) + 1),
                max(int(bottom), int(top) + 1),
            )
            source, offset = picture.reduce(factor, box), np.array([left, top])
        rows = np.hstack([matrix, (shift - offset)[:, None]]) / factor
        cut = source.transform(
            (side, side), Image.Transform.AFFINE, tuple(rows.ravel()), Image.Resampling.BICUBIC
        )
        crop[...] = np.asarray(cut)
    return crops


def similarity(
    source: NDArray[np.float64], target: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the similarity transform that best maps points to other points (Umeyama 1991).

    Args:
        source: float [N, 2], the points.
        target: float [N, 2], the points to which they are mapped.

    Returns:
        The rotation and scale M [2, 2] and the shift s [2] that minimise the mean squared distance
        of `M @ source[i] + s` and `target[i]`.
    """
    a, b = source - source.mean(axis=0), target - target.mean(axis=0)
    # In the plane, one complex number holds the best rotation and scale.
    p, q = a[:, 0] + 1j * a[:, 1], b[:, 0] + 1j * b[:, 1]
    z = np.vdot(p, q) / max(float(np.vdot(p, p).real), 1e-9)
    matrix = np.array([[z.real, -z.imag], [z.imag, z.real]])
    return matrix, target.mean(axis=0) - matrix @ source.mean(axis=0)
