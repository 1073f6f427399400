"""A net: the bundled one, which reads each face and its mirror image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from roomread.classifier import ExpressionClassifier
from roomread.readings import Scores


class Mirrored:
    """Average the scores of each crop and its mirror image: twice the work for steadier scores."""

    def __init__(self) -> None:
        self._net = ExpressionClassifier()
        self.side = self._net.side
        self.framing = self._net.framing
        self.threshold = self._net.threshold

    def classify(self, crops: NDArray[np.uint8]) -> list[Scores]:
        """Return the scores of grey crops uint8 [N, side, side], in their order."""
        both = zip(self._net.classify(crops), self._net.classify(crops[:, :, ::-1]), strict=True)
        return [
            Scores((one.probabilities + other.probabilities) / 2, self.threshold)
            for one, other in both
        ]
