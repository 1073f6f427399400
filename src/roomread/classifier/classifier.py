"""Compute scores and features of face crops."""

from __future__ import annotations

from copy import copy
from typing import NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from roomread.classifier.head import Head
from roomread.classifier.model_file import ModelFile, open_model
from roomread.errors import ModelFileError
from roomread.readings import CropGeometry, Scores

# Number of faces in one batch. It limits the memory; larger batches are not faster.
_MAX_BATCH = 64


class Predictions(NamedTuple):
    """The net's outputs for N faces.

    Attributes:
        logits: float32 [N, 7], before the temperature.
        features: float32 [N, D], the layer before the head.
        action_units: float32 [N, A], 0..1, in the order of `ModelCard.action_units`; [N, 0] for a
            net without action units.
        pose: float32 [N, 3], yaw, pitch and roll in degrees (see `readings.Pose`); [N, 0] for a net
            without pose.
        logits_fer2013: float32 [N, 7], of the head that learnt FER-2013's label, before its
            temperature; [N, 0] for a net with one head.
    """

    logits: NDArray[np.float32]
    features: NDArray[np.float32]
    action_units: NDArray[np.float32]
    pose: NDArray[np.float32]
    logits_fer2013: NDArray[np.float32]


class FaceClassifier(Protocol):
    """A classifier of the expressions that face crops show."""

    @property
    def side(self) -> int:
        """The side of a crop, px."""

    @property
    def framing(self) -> CropGeometry:
        """The crop geometry that this classifier expects."""

    @property
    def threshold(self) -> float:
        """The confidence below which a label is withheld, 0..1."""

    def classify(self, crops: NDArray[np.uint8]) -> list[Scores]:
        """Return the scores of grey crops uint8 [N, side, side], in their order."""


def softmax(logits: NDArray[np.float32], *, temperature: float = 1.0) -> NDArray[np.float32]:
    """Return the probabilities float32 [N, K] of logits [N, K] divided by a temperature over 0."""
    z = logits.astype(np.float64) / temperature
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p: NDArray[np.float32] = (e / e.sum(axis=1, keepdims=True)).astype(np.float32)
    return p


class ExpressionClassifier:
    """A classifier of crops that runs a model file. Thread-safe.

    Args:
        model: an opened model file; None for the bundled default.
        head: the head whose output becomes the scores.

    Raises:
        ModelFileError: the net has only one head, and a head other than the default is requested.
    """

    def __init__(self, model: ModelFile | None = None, *, head: Head = Head.TAGGERS) -> None:
        self.model = model if model is not None else open_model()
        self.head = _checked(head, self.model)
        self._outputs = {output.name for output in self.model.session.get_outputs()}

    def with_head(self, head: Head) -> Self:
        """Return a classifier of the same net with another head, without loading anything.

        Raises:
            ModelFileError: the net has only one head, and a head other than the default is
                requested.
        """
        other = copy(self)
        other.head = _checked(head, self.model)
        return other

    @property
    def side(self) -> int:
        """The side of a crop, px."""
        return self.model.side

    @property
    def framing(self) -> CropGeometry:
        """The geometry of crops for this net."""
        return self.model.card.framing

    @property
    def threshold(self) -> float:
        """The confidence below which a label is withheld, 0..1."""
        return self.model.card.threshold

    def predict(self, crops: NDArray[np.uint8]) -> Predictions:
        """Return the net's outputs for grey crops uint8 [N, side, side].

        Raises:
            ValueError: The crops have another shape or dtype.
        """
        self.check(crops)
        outputs = [name for name in Predictions._fields if name in self._outputs]
        # An empty batch is run too, so that the outputs have the right number of columns.
        starts = range(0, max(len(crops), 1), _MAX_BATCH)
        parts = [
            self.model.session.run(outputs, {"faces": crops[start : start + _MAX_BATCH, None]})
            for start in starts
        ]
        absent = {name: np.zeros((len(crops), 0), np.float32) for name in Predictions._fields}
        found = {
            name: np.concatenate(arrays)
            for name, arrays in zip(outputs, zip(*parts, strict=True), strict=True)
        }
        return Predictions(**absent | found)

    def check(self, crops: NDArray[np.uint8]) -> None:
        """Check that crops fit this net.

        Raises:
            ValueError: The crops are not uint8 [N, side, side].
        """
        if crops.dtype != np.uint8 or crops.shape[1:] != (self.side, self.side):
            wanted = f"uint8 [N, {self.side}, {self.side}]"
            raise ValueError(f"crops are {crops.dtype} {list(crops.shape)}, not {wanted}")

    def classify(self, crops: NDArray[np.uint8]) -> list[Scores]:
        """Return the calibrated scores of grey crops uint8 [N, side, side], in their order."""
        if not len(crops):
            return []
        return self.scores(self.predict(crops))

    def scores(self, predictions: Predictions) -> list[Scores]:
        """Return the calibrated scores of the net's outputs for N faces, in their order."""
        card = self.model.card
        probabilities = []
        if self.head is not Head.LABEL:
            probabilities.append(softmax(predictions.logits, temperature=card.temperature))
        if self.head is not Head.TAGGERS:
            label = predictions.logits_fer2013
            probabilities.append(softmax(label, temperature=card.temperature_fer2013))
        return [Scores(p, card.threshold) for p in np.mean(probabilities, axis=0)]


def _checked(head: Head, model: ModelFile) -> Head:
    if head is not Head.TAGGERS and not model.has_fer2013_head:
        raise ModelFileError(f"{model.name}: has no head '{head}'")
    return head
