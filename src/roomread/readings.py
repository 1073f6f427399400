"""The words everyone uses: frames, faces, scores and readings.

Boxes and landmarks are in pixels of the upright picture, origin at its top left corner, x to the
right and y down. Times are seconds from the start of the source. Colour is RGB everywhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Expression(IntEnum):
    """The seven expressions, in FER-2013's order (Goodfellow et al. 2013)."""

    ANGRY = 0
    DISGUST = 1
    FEAR = 2
    HAPPY = 3
    SAD = 4
    SURPRISE = 5
    NEUTRAL = 6

    def __str__(self) -> str:
        return self.display_name

    def __bool__(self) -> bool:
        # ANGRY is 0; without this `if reading.expression` would take it for None.
        return True

    @property
    def color(self) -> tuple[int, int, int]:
        """RGB, 0..255. Okabe and Ito's palette: told apart with any kind of colour vision."""
        return _COLORS[self]

    @property
    def emoji(self) -> str:
        """One character for places too small for a word."""
        return _EMOJI[self]

    @property
    def display_name(self) -> str:
        """The word shown to people, in lower case."""
        return self.name.lower()


_COLORS = {
    Expression.ANGRY: (213, 94, 0),
    Expression.DISGUST: (0, 158, 115),
    Expression.FEAR: (204, 121, 167),
    Expression.HAPPY: (240, 228, 66),
    Expression.SAD: (0, 114, 178),
    Expression.SURPRISE: (230, 159, 0),
    Expression.NEUTRAL: (176, 190, 197),
}
_EMOJI = dict(zip(Expression, "😠🤢😨😊😢😮😐", strict=True))


def percent(share: float) -> str:
    """A probability for people, "0%".."99%": no reading of a face is certain."""
    return f"{min(share, 0.99):.0%}"


# The sign that the circumplex of affect gives each expression (Russell 1980); surprise has none.
VALENCE = np.array([-1, -1, -1, 1, -1, 0, 0], dtype=np.float64)


class Box(NamedTuple):
    """A rectangle in float pixels; `right` and `bottom` are exclusive."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Pixels, 0 or more for a box that is not inside out."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Pixels, 0 or more for a box that is not inside out."""
        return self.bottom - self.top

    @property
    def area(self) -> float:
        """Square pixels; 0 for an empty or inside-out box."""
        return max(self.width, 0.0) * max(self.height, 0.0)

    def moved(self, x: float, y: float) -> Box:
        """The same size elsewhere, px to the right and down."""
        return Box(self.left + x, self.top + y, self.right + x, self.bottom + y)

    @property
    def center(self) -> tuple[float, float]:
        """(x, y) in pixels."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def intersection(self, other: Box) -> Box:
        """The common part, inside out where there is none."""
        return Box(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def iou(self, other: Box) -> float:
        """Intersection over union, 0..1; 0 when both are empty."""
        common = self.intersection(other).area
        union = self.area + other.area - common
        return common / union if union > 0 else 0.0

    def visible(self, width: int, height: int) -> float:
        """The part of this box that lies inside a picture of `width` x `height`, 0..1."""
        inside = self.intersection(Box(0, 0, width, height)).area
        return inside / self.area if self.area > 0 else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a source.

    Attributes:
        image: uint8 [H, W, 3], RGB, upright. Not to be written to: draw on a copy.
        time: seconds from the start of the source.
        index: the picture's number in its source, from 0.
        source: the name of the file, camera or stream.
    """

    image: NDArray[np.uint8]
    time: float
    index: int
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One face that a detector found.

    Attributes:
        box: from forehead to chin, px; may reach beyond the picture.
        landmarks: float32 [5, 2] (x, y) px: the eye on the picture's left, the one on its right,
            the nose, the mouth's left and right corner; None when the detector has none.
        detection_confidence: the chance that a face is where the detector says, 0..1.
    """

    box: Box
    landmarks: NDArray[np.float32] | None
    detection_confidence: float


@dataclass(frozen=True, slots=True)
class CropGeometry:
    """How a net wants a face cut: a square around a point of the face's box.

    Measured against the net's training pictures and stored in its model file.

    Attributes:
        side: the square's side over the box's height.
        shift: how far the square's centre lies below the box's centre, over the box's height.
    """

    side: float
    shift: float


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """A face that is known from one frame to the next.

    Attributes:
        id: a number from 1, unique in its source, never given again.
        face: the face in this frame.
        age: seconds since the track began.
        last_seen: the time of the frame it was last found in, s.
    """

    id: int
    face: Face
    age: float
    last_seen: float


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What a net says of one face.

    Attributes:
        probabilities: float32 [7] in `Expression`'s order, 0..1, summing to 1.
        threshold: the confidence under which the label is withheld, 0..1.
    """

    probabilities: NDArray[np.float32]
    threshold: float = 0.0

    @property
    def top(self) -> Expression:
        """The likeliest expression, also where the label is withheld."""
        return Expression(int(np.argmax(self.probabilities)))

    @property
    def expression(self) -> Expression | None:
        """The likeliest expression; None when the net is not sure enough (it abstains)."""
        return self.top if self.confidence >= self.threshold else None

    @property
    def confidence(self) -> float:
        """The probability of the likeliest expression, 1/7..1."""
        return float(np.max(self.probabilities))

    @property
    def percent(self) -> str:
        """The confidence for people; see `percent`."""
        return percent(self.confidence)

    @property
    def entropy(self) -> float:
        """Shannon's entropy over its maximum, 0 (certain) .. 1 (all seven alike)."""
        p = self.probabilities.astype(np.float64)
        p = p[p > 0]
        return float(-(p * np.log(p)).sum() / math.log(len(Expression))) + 0.0

    @property
    def valence(self) -> float:
        """Pleasant minus unpleasant probability, -1..1 (signs of Russell's circumplex, 1980)."""
        return float(VALENCE @ self.probabilities)

    def __str__(self) -> str:
        said = f"{self.top} {self.percent}"
        return said if self.expression is not None else f"unsure ({said}?)"

    def __getitem__(self, expression: Expression) -> float:
        """The probability of one expression, 0..1."""
        return float(self.probabilities[expression])


@dataclass(frozen=True, slots=True)
class StateScore:
    """How much a face looks like a state that was taught, such as "confused".

    Attributes:
        name: the state's.
        percentile: the share of ordinary faces that look less like it, 0..1. Not a probability: of
            ordinary faces one in a hundred has 0.99 too.
        threshold: the likeness from which the state is claimed, 0..1.
    """

    name: str
    percentile: float
    threshold: float

    @property
    def is_shown(self) -> bool:
        """Whether the face is like enough to say so."""
        return self.percentile >= self.threshold


class Unreadable(StrEnum):
    """Why a face that was found cannot be read; the value is what people are shown."""

    TOO_SMALL = "too small"
    CUT_OFF = "cut off by the picture's edge"
    TOO_DARK = "too dark"
    TOO_BRIGHT = "too bright"
    FLAT = "no contrast"
    BLURRED = "blurred"
    TURNED_AWAY = "turned away"


@dataclass(frozen=True, slots=True)
class Quality:
    """How well a face can be seen.

    Attributes:
        size: the longer side of the box, px.
        visible: the part of the box inside the picture, 0..1.
        brightness: mean of the crop, 0 (black) .. 1 (white).
        contrast: standard deviation of the crop, 0..0.5.
        sharpness: fine detail of the crop over its contrast, 0 upwards (see `faces.quality`).
        frontality: 1 facing the camera .. 0 in profile; None without landmarks.
        reason: why the face cannot be read; None when it can.
    """

    size: float
    visible: float
    brightness: float
    contrast: float
    sharpness: float
    frontality: float | None = None
    reason: Unreadable | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One face of one frame, read. Carries no pixels.

    Attributes:
        source: the name of the file, camera or stream.
        time: seconds from the start of the source.
        frame_index: the picture's number in its source, from 0.
        box: from forehead to chin, px.
        detection_confidence: the detector's confidence, 0..1.
        quality: how well the face can be seen, and why not.
        scores: None when the face cannot be read (`quality.reason` says why).
        track_id: the number of the person in a video; None in a picture.
        person: a name or role, only where one was given.
        landmarks: the face's, see `Face`.
        states: those that profiles taught; none without profiles.
    """

    source: str
    time: float
    frame_index: int
    box: Box
    detection_confidence: float
    quality: Quality
    scores: Scores | None = None
    track_id: int | None = None
    person: str | None = None
    landmarks: NDArray[np.float32] | None = field(default=None, repr=False)
    states: tuple[StateScore, ...] = ()

    @property
    def shown_states(self) -> list[str]:
        """The names of the states that the face is like enough to."""
        return [state.name for state in self.states if state.is_shown]

    @property
    def expression(self) -> Expression | None:
        """The expression; None when the face cannot be read or the net is not sure enough."""
        return self.scores.expression if self.scores is not None else None

    def __str__(self) -> str:
        if self.scores is None:
            return f"unreadable: {self.quality.reason}"
        return "".join([str(self.scores), *(f" + {name}" for name in self.shown_states)])

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; `scores` by expression name, None where unread.

        `states` is there only where profiles taught some.
        """
        scores = self.scores
        states = {
            state.name: {"percentile": round(state.percentile, 4), "shown": state.is_shown}
            for state in self.states
        }
        return {
            "source": self.source,
            "time": round(self.time, 6),
            "frame_index": self.frame_index,
            "track_id": self.track_id,
            "person": self.person,
            "box": {name: round(float(value), 2) for name, value in self.box._asdict().items()},
            "detection_confidence": round(self.detection_confidence, 4),
            "expression": self.expression.display_name if self.expression is not None else None,
            "confidence": round(scores.confidence, 4) if scores else None,
            "scores": {e.display_name: round(scores[e], 4) for e in Expression} if scores else None,
            "unreadable": self.quality.reason.value if self.quality.reason else None,
            "quality": {
                "size": round(self.quality.size, 1),
                "visible": round(self.quality.visible, 3),
                "brightness": round(self.quality.brightness, 3),
                "contrast": round(self.quality.contrast, 3),
                "sharpness": round(self.quality.sharpness, 3),
                "frontality": None
                if self.quality.frontality is None
                else round(self.quality.frontality, 3),
            },
        } | ({"states": states} if states else {})
