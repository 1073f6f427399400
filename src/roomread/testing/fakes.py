"""Fakes for tests: frames, a detector, a classifier and a store that need no camera and no net."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from roomread.errors import MissingExtraError
from roomread.readings import Box, CropGeometry, Expression, Face, Frame, Scores

if TYPE_CHECKING:
    # Imported for types only, because SQLAlchemy is an extra.
    from roomread.store import Store


def synthetic_frames(
    count: int = 10, *, size: tuple[int, int] = (640, 480), rate: float = 25.0
) -> Iterator[Frame]:
    """Yield frames that show a moving grey gradient.

    Args:
        count: The number of frames.
        size: Width and height, px.
        rate: Frame rate, which determines `Frame.time`, frames per second.
    """
    width, height = size
    gradient = np.linspace(0, 255, width, dtype=np.float64)[None, :, None]
    for index in range(count):
        shade = (gradient + 5 * index) % 256
        image = np.broadcast_to(shade, (height, width, 3)).astype(np.uint8)
        yield Frame(image, index / rate, index, "synthetic")


class FixedDetector:
    """A detector that finds the same faces in every picture.

    Args:
        boxes: The boxes of the faces: left, top, right, bottom, px.
    """

    def __init__(self, boxes: Sequence[tuple[float, float, float, float]]) -> None:
        self.boxes = [Box(*box) for box in boxes]

    def detect(self, image: NDArray[np.uint8]) -> list[Face]:  # noqa: ARG002 (the protocol's)
        """Return a face for each box, largest first, without landmarks."""
        boxes = sorted(self.boxes, key=lambda box: box.area, reverse=True)
        return [Face(box, None, 1.0) for box in boxes]


class FixedClassifier:
    """A classifier that reads every face as one expression.

    Args:
        expression: The expression of every face.
        confidence: The probability of this expression, 1/7..1; the rest is divided equally among
            the other expressions.
    """

    side = 48
    framing = CropGeometry(side=1.2, shift=0.0)
    threshold = 0.0

    def __init__(
        self, expression: Expression = Expression.HAPPY, *, confidence: float = 0.9
    ) -> None:
        n = len(Expression)
        self.probabilities = np.full(n, (1 - confidence) / (n - 1), dtype=np.float32)
        self.probabilities[expression] = confidence

    def classify(self, crops: NDArray[np.uint8]) -> list[Scores]:
        """Return the same scores for each of the crops uint8 [N, 48, 48]."""
        return [Scores(self.probabilities.copy(), self.threshold) for _ in crops]


@contextmanager
def temporary_store() -> Iterator[Store]:
    """Yield an empty store that is deleted at the end of the `with` block.

    The store is a SQLite file in a temporary folder and not in memory, so that several threads and
    processes can use it.

    Raises:
        MissingExtraError: The extra `sessions` is not installed.
    """
    try:
        from roomread.store import Store  # noqa: PLC0415 (an extra)
    except ModuleNotFoundError as error:
        raise MissingExtraError("a temporary store", extra="sessions") from error
    with (
        tempfile.TemporaryDirectory(prefix="roomread-") as folder,
        closing(Store(f"sqlite:///{Path(folder, 'roomread.db')}")) as store,
    ):
        yield store
