"""The type `Reading`, which is the result for one face, and the types of its fields."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from roomread.geometry import Box
from roomread.readings.action_units import EYES_CLOSED, MOUTH_OPEN
from roomread.readings.equality import ComparedByValue
from roomread.readings.expressions import VALENCE, Expression, percent


@dataclass(frozen=True, slots=True, eq=False)
class Scores(ComparedByValue):
    """The output of a net for one face.

    Attributes:
        probabilities: float32 [7] in `Expression`'s order, 0..1, summing to 1.
        threshold: confidence below which the expression is withheld, 0..1.
    """

    probabilities: NDArray[np.float32]
    threshold: float = 0.0

    @property
    def top(self) -> Expression:
        """The expression with the highest probability, even below the threshold."""
        return Expression(int(np.argmax(self.probabilities)))

    @property
    def expression(self) -> Expression | None:
        """The most probable expression; None if its probability is below the threshold."""
        return self.top if self.confidence >= self.threshold else None

    @property
    def confidence(self) -> float:
        """The highest of the seven probabilities, 1/7..1."""
        return float(np.max(self.probabilities))

    @property
    def percent(self) -> str:
        """The confidence as text, such as "92%", but never "100%"."""
        return percent(self.confidence)

    @property
    def entropy(self) -> float:
        """The Shannon entropy divided by its maximum, 0 (certain) .. 1 (all equally likely)."""
        p = self.probabilities.astype(np.float64)
        p = p[p > 0]
        return float(-(p * np.log(p)).sum() / math.log(len(Expression))) + 0.0

    @property
    def valence(self) -> float:
        """The probability of pleasant minus that of unpleasant expressions, -1..1.

        The signs are from the circumplex of affect (Russell 1980). The value is rounded to four
        decimals.
        """
        return round(float(VALENCE @ self.probabilities), 4)

    def __str__(self) -> str:
        text = f"{self.top} {self.percent}"
        return text if self.expression is not None else f"unsure ({text}?)"

    def __getitem__(self, expression: Expression) -> float:
        """Return the probability of one expression, 0..1."""
        return float(self.probabilities[expression])


@dataclass(frozen=True, slots=True)
class StateScore:
    """The similarity of a face to a state that was taught, such as "confused".

    Attributes:
        name: name of the state.
        percentile: share of ordinary faces that are less similar, 0..1. This is not a probability:
            one in a hundred ordinary faces also reaches 0.99.
        threshold: percentile from which the state is shown, 0..1.
    """

    name: str
    percentile: float
    threshold: float

    @property
    def is_shown(self) -> bool:
        """Whether the percentile reaches the threshold."""
        return self.percentile >= self.threshold


class NoPicture(StrEnum):
    """The reason why a source shows no picture; its value is the text that users see."""

    BLANK = "no picture: the camera is covered, dark or switched off"
    FROZEN = "no picture: it has been frozen for seconds"


# Angles beyond which a head is looking away, in degrees: to a side, and up or down. Estimates of
# yaws from 20 to 30 degrees differ from MediaPipe's by five degrees on average (docs/models.md).
AWAY_YAW, AWAY_PITCH = 30.0, 25.0
# Intensity of `EYES_CLOSED` above which eyes count as closed, halfway between open and shut.
_SHUT = 0.5

# The numeric fields of `Quality`.
MEASURES = ("size", "visible", "brightness", "contrast", "sharpness", "frontality")


class Unreadable(StrEnum):
    """The reason why a detected face cannot be read; its value is the text that users see."""

    TOO_SMALL = "too small"
    CUT_OFF = "cut off by the picture's edge"
    TOO_DARK = "too dark"
    TOO_BRIGHT = "too bright"
    FLAT = "no contrast"
    BLURRED = "blurred"
    TURNED_AWAY = "turned away"
    TILTED = "tilted"
    COVERED = "covered"


@dataclass(frozen=True, slots=True)
class Quality:
    """Measures of how well a face can be seen. A measure that is not known is None.

    Attributes:
        size: longer side of the face's box, px.
        visible: fraction of the box's area that is inside the picture, 0..1.
        brightness: mean of the cropped face's pixels, 0 (black) .. 1 (white).
        contrast: standard deviation of the cropped face's pixels, 0..0.5.
        sharpness: amount of fine detail in the cropped face divided by the contrast, 0 or more (see
            `faces.quality`).
        frontality: direction of the face, 0 (in profile) .. 1 (facing the camera); None without
            landmarks.
        reason: why the face cannot be read; None if the face can be read.
    """

    size: float | None = None
    visible: float | None = None
    brightness: float | None = None
    contrast: float | None = None
    sharpness: float | None = None
    frontality: float | None = None
    reason: Unreadable | None = None

    def rounded(self, digits: int) -> Quality:
        """Return the quality with each measure rounded to `digits` decimals."""
        values = ((name, getattr(self, name)) for name in MEASURES)
        measures = {
            name: None if value is None else round(float(value), digits) for name, value in values
        }
        return Quality(**measures, reason=self.reason)


@dataclass(frozen=True, slots=True)
class Pose:
    """Direction of a head, in degrees; 0, 0, 0 faces the camera.

    Attributes:
        yaw: turn to the side; positive towards the right of the picture.
        pitch: turn up or down; positive when the head is raised.
        roll: tilt towards a shoulder; positive clockwise in the picture.
    """

    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True, slots=True)
class EyeActivity:
    """How often one person blinked or had closed eyes in the last minute; not a drowsiness measure.

    Attributes:
        closed_share: the share of the readings in which the eyes are closed, 0..1 (PERCLOS:
            Dinges and Grace 1998).
        blinks_per_minute: the number of blinks per minute; None if the frames are too far apart to
            see blinks.
    """

    closed_share: float
    blinks_per_minute: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Reading(ComparedByValue):
    """The result for one face of one frame, without pixels. Unknown values are None.

    Attributes:
        source: name of the file, camera or stream.
        time: seconds from the start of the source.
        frame_index: position of the frame in its source, from 0.
        box: box of the face from forehead to chin, px.
        detection_confidence: probability of a face at this place, estimated by the detector, 0..1.
        quality: how well the face can be seen and, if it cannot be read, the reason.
        scores: probabilities of the expressions; None if the face cannot be read, for the reason
            `quality.reason`.
        track_id: id of the track within the source, from 1; None in a single picture.
        seat: number of the place in a room or of the tile in a call, or of the person if people are
            distinguished by their faces; from 1.
        person: name or role of the person; None if neither was given.
        landmarks: float32 [5, 2], px, in the order of `Face.landmarks`.
        states: scores of the taught states, in the order of their profiles.
        valence: pleasantness, -1..1; either `Scores.valence` or the estimate of another program.
        pose: direction of the head.
        action_units: intensity of facial action units by name (Ekman and Friesen 1978), 0..1.
        eyes: closed eyes and blinks of the last minute, in videos read with a net that estimates
            action units; None until the face has been followed for half a minute.
    """

    source: str
    time: float
    frame_index: int | None
    box: Box
    detection_confidence: float | None
    quality: Quality
    scores: Scores | None = None
    track_id: int | None = None
    seat: int | None = None
    person: str | None = None
    landmarks: NDArray[np.float32] | None = field(default=None, repr=False)
    states: tuple[StateScore, ...] = ()
    valence: float | None = None
    pose: Pose | None = None
    action_units: Mapping[str, float] | None = None
    eyes: EyeActivity | None = None

    @property
    def person_key(self) -> int | None:
        """The key of a person within one source: the seat if it is known, else the track id."""
        return self.seat if self.seat is not None else self.track_id

    @property
    def shown_states(self) -> list[str]:
        """The names of the states whose threshold is reached."""
        return [state.name for state in self.states if state.is_shown]

    @property
    def expression(self) -> Expression | None:
        """The most probable expression; None if unreadable or if the confidence is too low."""
        return self.scores.expression if self.scores is not None else None

    @property
    def label(self) -> str:
        """The expression's name, or "unsure" or "unreadable" where there is no expression."""
        if self.expression is not None:
            return self.expression.display_name
        return "unsure" if self.scores is not None else "unreadable"

    @property
    def confidence(self) -> float | None:
        """The highest of the seven probabilities, 1/7..1; None when the face cannot be read."""
        return self.scores.confidence if self.scores is not None else None

    @property
    def unreadable(self) -> Unreadable | None:
        """Why the face cannot be read; None when the face can be read."""
        return self.quality.reason

    @property
    def mouth_open(self) -> float | None:
        """How far the mouth is open, 0..1; None if no net estimates action units."""
        return None if self.action_units is None else self.action_units.get(MOUTH_OPEN)

    @property
    def eyes_closed(self) -> float | None:
        """How far the eyes are closed, 0..1; None if no net estimates action units."""
        return None if self.action_units is None else self.action_units.get(EYES_CLOSED)

    @property
    def eyes_shut(self) -> bool | None:
        """Whether the eyes are more closed than open; None if no net estimates action units."""
        return None if self.eyes_closed is None else self.eyes_closed > _SHUT

    @property
    def looking_away(self) -> bool | None:
        """Whether the head is turned by over 30 degrees to a side, or 25 up or down.

        Only the head's direction counts, because that of the eyes is not known. A face that is
        unreadable because it is turned away counts as looking away. None if the pose is not known.
        """
        if self.quality.reason is Unreadable.TURNED_AWAY:
            return True
        if self.pose is None:
            return None
        return abs(self.pose.yaw) > AWAY_YAW or abs(self.pose.pitch) > AWAY_PITCH

    def __str__(self) -> str:
        if self.scores is None:
            return f"unreadable: {self.quality.reason}"
        return "".join([str(self.scores), *(f" + {name}" for name in self.shown_states)])
