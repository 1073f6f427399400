"""Measure how often a face keeps its label when its picture changes a little."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from roomread.classifier import ExpressionClassifier
from roomread.faces import FaceDetector, cut
from roomread.pipeline.views import larger_geometry
from roomread.readings import Expression

Picture = NDArray[np.uint8]
# Standard deviation of the camera noise, grey levels, and the shift of a picture, px.
_NOISE = 4.0
_SHIFT = 2


class Answer(StrEnum):
    """The crops from which the label of a face is computed.

    Attributes:
        ONE: one crop, as the pipeline reads upright faces of a video.
        MIRRORED: the crop and its mirror image, whose logits are averaged.
        TWO_SIZES: the crop and a crop that is a tenth larger, whose logits are averaged.
        FOUR: both crops and their mirror images, as the pipeline reads single pictures.
    """

    ONE = "one crop"
    MIRRORED = "with its mirror image"
    TWO_SIZES = "with a larger crop"
    FOUR = "with both and their mirror images"


@dataclass(frozen=True, slots=True)
class SmallChange:
    """A small change of a picture or of its crops.

    Attributes:
        picture: A function that returns the changed picture, uint8 [H, W, 3].
        crop: The factor by which the side of the crop changes.
    """

    picture: Callable[[Picture], Picture] = lambda picture: picture
    crop: float = 1.0


def _scaled(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    size = round(0.8 * width), round(0.8 * height)
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))


def _noisy(picture: Picture) -> Picture:
    noise = np.random.default_rng(0).normal(0, _NOISE, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


CHANGES = {
    "mirror image": SmallChange(lambda picture: picture[:, ::-1]),
    "2 px to the right and down": SmallChange(
        lambda picture: np.pad(picture, ((_SHIFT, 0), (_SHIFT, 0), (0, 0)), "edge")
    ),
    "scale 0.8": SmallChange(_scaled),
    "camera noise, sigma 4": SmallChange(_noisy),
    "crop 0.9": SmallChange(crop=0.9),
    "crop 1.05": SmallChange(crop=1.05),
    "crop 1.15": SmallChange(crop=1.15),
}


@dataclass(frozen=True, slots=True)
class Stability:
    """The stability of the labels of faces under one change.

    Attributes:
        faces: The number of faces that were found in both pictures and had a label before the
            change.
        same: The fraction of these faces that have the same label after the change, 0..1.
        other: The fraction that have another label, 0..1; for the other faces, the label is
            withheld.
    """

    faces: int
    same: float
    other: float


def measure(
    pictures: Sequence[Picture], detector: FaceDetector, classifier: ExpressionClassifier
) -> dict[tuple[str, Answer], Stability]:
    """Measure the stability of labels under each of `CHANGES`, for each `Answer`.

    Only the largest face of each picture is used.

    Args:
        pictures: RGB, uint8 [H, W, 3].
        detector: The detector, which searches each changed picture anew.
        classifier: The classifier of the faces.

    Returns:
        The stability, by the name of the change and the crops that were used.
    """
    before = [_labels(picture, SmallChange(), detector, classifier) for picture in pictures]
    results = {}
    for name, change in CHANGES.items():
        after = [_labels(picture, change, detector, classifier) for picture in pictures]
        for answer in Answer:
            pairs = [
                (old[answer], new[answer])
                for old, new in zip(before, after, strict=True)
                if old is not None and new is not None and old[answer] is not None
            ]
            same = sum(old == new for old, new in pairs)
            other = sum(new is not None and old != new for old, new in pairs)
            count = max(len(pairs), 1)
            results[name, answer] = Stability(len(pairs), same / count, other / count)
    return results


def _labels(
    picture: Picture, change: SmallChange, detector: FaceDetector, classifier: ExpressionClassifier
) -> dict[Answer, Expression | None] | None:
    """Return the label of the largest face for each `Answer`; None if there is no face.

    A label that is withheld is None in the result.
    """
    changed = np.ascontiguousarray(change.picture(picture))
    faces = detector.detect(changed)[:1]
    if not faces:
        return None

    framing = replace(classifier.framing, side=classifier.framing.side * change.crop)
    own, wide = (
        cut(changed, faces, each, side=classifier.side)[0]
        for each in (framing, larger_geometry(framing))
    )
    output = classifier.predict(np.stack([own, own[:, ::-1], wide, wide[:, ::-1]]))
    rows = {
        Answer.ONE: [0],
        Answer.MIRRORED: [0, 1],
        Answer.TWO_SIZES: [0, 2],
        Answer.FOUR: [0, 1, 2, 3],
    }
    labels: dict[Answer, Expression | None] = {}
    for answer, chosen in rows.items():
        mean = output.logits[chosen].mean(axis=0, keepdims=True)
        (scores,) = classifier.scores(output._replace(logits=mean))
        labels[answer] = scores.expression
    return labels
