"""Average the net's outputs for several views of each face: mirror images and larger crops."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from roomread.classifier import ExpressionClassifier, Predictions
from roomread.readings import CropGeometry

# Factors of yaw, pitch and roll in a mirror image.
_MIRRORED_POSE = np.array([-1, 1, -1], np.float32)
# The side of a larger crop, relative to the crop that the net was trained on.
_LARGER = 1.1


def larger_geometry(framing: CropGeometry) -> CropGeometry:
    """Return the geometry of crops that are a tenth larger."""
    return replace(framing, side=_LARGER * framing.side)


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


def predict_views(
    classifier: ExpressionClassifier,
    crops: NDArray[np.uint8],
    larger_crops: NDArray[np.uint8] | None,
    *,
    turned: NDArray[np.bool_],
) -> Predictions:
    """Return the net's outputs for faces, averaged over the views of each face.

    With larger crops, there are four views of each face: both crops and their mirror images.
    Without them, there are two views of a face whose crop was rotated upright, since such a crop is
    blurred and less well centred, and one view of each other face.

    Args:
        classifier: The net.
        crops: Grey crops uint8 [N, side, side].
        larger_crops: The same faces in crops of the geometry `larger_geometry`, uint8 [N, side,
            side], or None.
        turned: The faces whose crops were rotated upright, bool [N]; ignored with larger crops.
    """
    if larger_crops is None:
        return predict_with_mirror_images(classifier, crops, turned)
    count = len(crops)
    every = np.ones(2 * count, dtype=bool)
    both = predict_with_mirror_images(classifier, np.concatenate([crops, larger_crops]), every)
    return Predictions(*(values.reshape(2, count, values.shape[1]).mean(axis=0) for values in both))
