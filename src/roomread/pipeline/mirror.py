"""Average the net's outputs for face crops with its outputs for their mirror images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from roomread.classifier import ExpressionClassifier, Predictions
from roomread.readings import CropGeometry, Scores

# Factors of yaw, pitch and roll in a mirror image.
_MIRRORED_POSE = np.array([-1, 1, -1], np.float32)


def predict_with_mirror_images(
    classifier: ExpressionClassifier, crops: NDArray[np.uint8], mirror: NDArray[np.bool_]
) -> Predictions:
    """Return the net's outputs for crops, some averaged with the outputs for the mirror image.

    Args:
        classifier: The net.
        crops: Grey crops uint8 [N, side, side].
        mirror: The crops whose mirror image is read too, bool [N].
    """
    both = classifier.predict(np.concatenate([crops, crops[mirror][:, :, ::-1]]))

    def mean(
        values: NDArray[np.float32], signs: NDArray[np.float32] | int = 1
    ) -> NDArray[np.float32]:
        own = values[: len(crops)].copy()
        own[mirror] = (own[mirror] + signs * values[len(crops) :]) / 2
        return own

    return Predictions(
        logits=mean(both.logits),
        features=mean(both.features),
        action_units=mean(both.action_units),
        pose=mean(both.pose, _MIRRORED_POSE if both.pose.shape[1] else 1),
        logits_fer2013=mean(both.logits_fer2013),
    )


class MirroringClassifier:
    """A `FaceClassifier` that averages the net's logits for each crop and its mirror image.

    Args:
        classifier: The net.
    """

    def __init__(self, classifier: ExpressionClassifier) -> None:
        self._classifier = classifier

    @property
    def side(self) -> int:
        """The side of a crop, px."""
        return self._classifier.side

    @property
    def framing(self) -> CropGeometry:
        """The geometry of crops for this net."""
        return self._classifier.framing

    @property
    def threshold(self) -> float:
        """The confidence below which a label is withheld, 0..1."""
        return self._classifier.threshold

    def classify(self, crops: NDArray[np.uint8]) -> list[Scores]:
        """Return the calibrated scores of grey crops uint8 [N, side, side], in their order."""
        every = np.ones(len(crops), dtype=bool)
        return self._classifier.scores(predict_with_mirror_images(self._classifier, crops, every))
