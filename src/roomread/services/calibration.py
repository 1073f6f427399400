"""Learn one person's neutral face from a live source, for use until the source is closed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from roomread.classifier import ModelFile
from roomread.fewshot import (
    Consent,
    LeaveOneOutResult,
    Profile,
    ProfileBinding,
    Reference,
    evaluate,
)
from roomread.fewshot.profile import Observation
from roomread.readings import Expression, Face, Frame, Reading

CALIBRATION_SECONDS = 10.0
# Minimum time between two collected frames, s; closer ones are nearly identical.
_STEP = 0.5
_MIN_REFERENCES = 5
# Maximum duration of a calibration on a computer that is too busy to read enough frames, s.
_LONGEST = 30.0
# Time after which a missing face counts as lost, s. It gets a new track if it is found again.
_LOST = 1.0
# A face is not resting if half of its references show one of these expressions with at least this
# confidence. SAD and ANGRY are not included, because the net may read them in a resting face.
_NOT_RESTING = (Expression.HAPPY, Expression.SURPRISE, Expression.DISGUST, Expression.FEAR)
_CONFIDENT = 0.8
_CONSENT = "the visitor who pressed the button, for this visit"


class FaceObserver(Protocol):
    """An object that computes the net's outputs for detected faces, such as `Analyzer`."""

    @property
    def model(self) -> ModelFile:
        """The net that reads the faces."""

    def observe(self, frame: Frame, faces: list[Face] | None = None) -> list[Observation]:
        """Return the net's outputs for the given faces of a frame."""


@dataclass(frozen=True, slots=True)
class CalibrationResult:
    """The result of a calibration.

    Attributes:
        evaluation: the result of testing the profile on the references from which it was learnt;
            None if no profile was learnt, because the face was seen too seldom or was not neutral.
        binding: the profile, bound to the calibrated track; None if the profile does not improve
            the reading of its references, or if no profile was learnt.
        shown: the expression that the face showed although it should have been neutral; None if the
            face was neutral or was seen too seldom.
    """

    evaluation: LeaveOneOutResult | None = None
    binding: ProfileBinding | None = None
    shown: Expression | None = None


class NeutralCalibration:
    """A calibration that collects net outputs (references) for the face nearest to the camera.

    The person should keep a neutral face for ten seconds. If the face was read too seldom by then,
    collecting continues until there are enough references, for at most half a minute. If the face
    is lost and another face appears, which may be another person's, collecting starts again with
    the new face. Only vectors are collected, and only in memory. No clock is read: all times are
    times of frames.

    Args:
        started: time of the first frame, s.
    """

    def __init__(self, started: float) -> None:
        self._end, self._latest_end = started + CALIBRATION_SECONDS, started + _LONGEST
        self._next = started
        self._seen = started
        self._begin_again()

    def _begin_again(self) -> None:
        self._track_id: int | None = None
        self._references: list[Reference] = []
        self._shown: Counter[Expression] = Counter()

    def remaining(self, now: float) -> float:
        """Return the remaining time up to the usual end, 0 to 10 s.

        Args:
            now: time of the last finished frame, s; may be before the start of the calibration.
        """
        return min(max(self._end - now, 0.0), CALIBRATION_SECONDS)

    def is_over(self, now: float) -> bool:
        """Return whether the calibration ran for 10 s and has enough references, or ran for 30 s.

        Args:
            now: time of the last finished frame, s.
        """
        enough = len(self._references) >= _MIN_REFERENCES
        return now >= (self._end if enough else self._latest_end)

    def update(self, observer: FaceObserver, frame: Frame, readings: Sequence[Reading]) -> None:
        """Add a reference, the net's outputs for the largest face, at most twice a second.

        If the track of the face is lost, the collection starts again.

        Args:
            observer: computes the net's outputs for the face.
            frame: the picture.
            readings: the readings of the frame, largest face first.
        """
        if not readings:
            return
        if self._track_id in {reading.track_id for reading in readings}:
            self._seen = frame.time
        elif self._track_id is not None and frame.time - self._seen > _LOST:
            self._begin_again()
        if frame.time < self._next:
            return
        nearest, scores = readings[0], readings[0].scores
        if scores is None:
            return
        if self._track_id is None:
            self._track_id, self._seen = nearest.track_id, frame.time
        if nearest.track_id != self._track_id:
            return
        self._next = frame.time + _STEP
        face = Face(nearest.box, nearest.landmarks, nearest.detection_confidence or 0.0)
        (seen,) = observer.observe(frame, [face])
        if scores.confidence >= _CONFIDENT and scores.top in _NOT_RESTING:
            self._shown[scores.top] += 1
        label = Expression.NEUTRAL.display_name
        self._references.append(seen.reference(label, name="the camera"))

    def finish(self, model: ModelFile) -> CalibrationResult:
        """Learn a profile from the references, and test the profile on the same references.

        Args:
            model: the net that read the faces.
        """
        if len(self._references) < _MIN_REFERENCES:
            return CalibrationResult()
        for shown, count in self._shown.most_common(1):
            if count >= len(self._references) / 2:
                return CalibrationResult(shown=shown)
        references, consent = tuple(self._references), Consent.today(_CONSENT)
        profile = Profile("you", references, model.name, model.digest, "you", consent)
        evaluation = evaluate(profile, model)
        binding = ProfileBinding(profile, self._track_id) if evaluation.helps else None
        return CalibrationResult(evaluation, binding)
