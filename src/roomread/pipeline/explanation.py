"""Show on which regions of a face its predicted expression depends."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from roomread.classifier.occlusion import occlusion_map
from roomread.faces import FaceDetector
from roomread.media.overlay import FAINT, draw_importance
from roomread.pipeline.face_reader import FaceReader
from roomread.readings import Expression, Frame, Reading

if TYPE_CHECKING:
    # Matplotlib is an extra.
    from matplotlib.axes import Axes


class FaceThird(StrEnum):
    """The upper, middle or lower third of the upright crop of a face that the net reads."""

    UPPER = "upper"
    MIDDLE = "middle"
    LOWER = "lower"


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """The influence of each region of a face on the expression that is read from it.

    Attributes:
        reading: The reading of the face.
        expression: The most probable expression of the reading, which is explained.
        crop: The face as the net sees it, upright and grey, uint8 [side, side].
        importance: By how much the log-odds of the expression fall when a pixel is hidden, float32
            [side, side]; see `classifier.occlusion.occlusion_map`.
    """

    reading: Reading
    expression: Expression
    crop: NDArray[np.uint8]
    importance: NDArray[np.float32]

    @property
    def strongest_third(self) -> FaceThird | None:
        """The third of the face on which the expression depends most.

        None if no hidden region lowers the odds of the expression noticeably.
        """
        if float(self.importance.max()) < FAINT:
            return None
        thirds = np.array_split(self.importance.clip(0), 3)
        return list(FaceThird)[int(np.argmax([third.mean() for third in thirds]))]

    @property
    def odds_ratio(self) -> float:
        """The factor, 1 or more, by which hiding the main region lowers the expression's odds."""
        return math.exp(max(float(self.importance.max()), 0.0))

    def picture(self, side: int = 384) -> NDArray[np.uint8]:
        """Return the grey face with a coloured overlay.

        Hiding a red region lowers the odds of the expression, hiding a blue region raises them.

        Args:
            side: The width and height of the picture, px.

        Returns:
            uint8 [side, side, 3] RGB.
        """
        return draw_importance(self.crop, self.importance, side)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the face, with the regions that support the expression in red.

        Args:
            ax: The axes to draw on; None for those of a new figure.

        Raises:
            MissingExtraError: Matplotlib is not installed.
        """
        from roomread.pipeline.plotting import plot_importance  # noqa: PLC0415 (an extra)

        return plot_importance(self.crop, self.importance, self.expression, ax)


def explain_faces(
    detector: FaceDetector, reader: FaceReader, frame: Frame, *, only: Reading | None = None
) -> list[Explanation]:
    """Return the explanations of the readable faces of a picture, largest face first.

    The explained expression is the most probable one of the reading, which averages four views and
    includes profiles. The importance is measured on the net's output for the crop alone, without
    profiles.

    Args:
        detector: The detector that finds the faces.
        reader: The stage that reads the faces.
        frame: The picture.
        only: A reading of this picture; only the face of this reading is explained. None for all
            faces.
    """
    faces = reader.cut_faces(frame, detector.detect(frame.image))
    (readings,) = reader.read_cut([faces])
    explanations = []
    for i in faces.readable:
        if only is not None and readings[i].box != only.box:
            continue
        scores = readings[i].scores
        if scores is not None:
            importance = occlusion_map(reader.classifier, faces.crops[i], scores.top)
            explanations.append(Explanation(readings[i], scores.top, faces.crops[i], importance))
    return explanations
