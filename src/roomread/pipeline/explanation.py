"""Explain the labels of a picture's faces by the parts that they depend on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from roomread.classifier.occlusion import occlusion_map
from roomread.faces import FaceDetector
from roomread.pipeline.face_reader import FaceReader
from roomread.readings import Expression, Frame, Reading

if TYPE_CHECKING:
    # Matplotlib is an extra.
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """What moved the label of one face.

    Attributes:
        reading: The reading of the face.
        expression: The likeliest expression of the net, which is explained.
        crop: The face as the net sees it, upright and grey, uint8 [side, side].
        importance: The log-odds of the expression that are lost where a pixel is hidden, float32
            [side, side]; see `classifier.occlusion.occlusion_map`.
    """

    reading: Reading
    expression: Expression
    crop: NDArray[np.uint8]
    importance: NDArray[np.float32]

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the face, with the parts that the label depends on in red.

        Args:
            ax: The axes to draw on; None for those of a new figure.

        Raises:
            MissingExtraError: Matplotlib is not installed.
        """
        from roomread.pipeline.plotting import plot_importance  # noqa: PLC0415 (an extra)

        return plot_importance(self.crop, self.importance, self.expression, ax)


def explain_faces(detector: FaceDetector, reader: FaceReader, frame: Frame) -> list[Explanation]:
    """Return the explanations of the readable faces of a picture, largest face first.

    The net's own answer to one crop is explained: without profiles, and without the mirror image
    that is read beside a turned face.
    """
    faces = reader.cut_faces(frame, detector.detect(frame.image))
    (readings,) = reader.read_cut([faces])
    explanations = []
    for i in faces.readable:
        (scores,) = reader.classifier.classify(faces.crops[i : i + 1])
        importance = occlusion_map(reader.classifier, faces.crops[i], scores.top)
        explanations.append(Explanation(readings[i], scores.top, faces.crops[i], importance))
    return explanations
