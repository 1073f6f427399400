"""Calibrate one person's neutral face from a live source, for as long as it is watched."""

from __future__ import annotations

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
# Frames closer together than this show nearly the same picture, s.
_STEP = 0.5
_MIN_REFERENCES = 5
_CONSENT = "the visitor who pressed the button, for this visit"


class FaceObserver(Protocol):
    """The interface that reads known faces of a frame; `Analyzer` has it."""

    @property
    def model(self) -> ModelFile:
        """Return the net."""

    def observe(self, frame: Frame, faces: list[Face] | None = None) -> list[Observation]:
        """Return what the net sees of the faces."""


@dataclass(frozen=True, slots=True)
class CalibrationResult:
    """The result of a calibration.

    Attributes:
        trial: the neutral face tried on its own references; None if it was seen too seldom.
        binding: the profile for the track that was looked at; None if it does not help.
    """

    trial: LeaveOneOutResult | None = None
    binding: ProfileBinding | None = None


class NeutralCalibration:
    """Collect ten seconds of the resting face nearest to the camera.

    Only vectors are collected, and only in memory. It has no clock: times come with the frames.

    Args:
        started: time of the first frame, s.
    """

    def __init__(self, started: float) -> None:
        self._end = started + CALIBRATION_SECONDS
        self._next = started
        self._track_id: int | None = None
        self._references: list[Reference] = []

    def remaining(self, now: float) -> float:
        """Return the seconds that are left, 0 at the end.

        Args:
            now: time of the last finished frame, s; it may lie before the first frame.
        """
        return min(max(self._end - now, 0.0), CALIBRATION_SECONDS)

    def update(self, observer: FaceObserver, frame: Frame, readings: Sequence[Reading]) -> None:
        """Collect the nearest face twice a second, as long as it keeps its track.

        Args:
            observer: looks at the face that was read.
            frame: the picture.
            readings: the readings of the frame, largest face first.
        """
        if frame.time < self._next or not readings or readings[0].scores is None:
            return
        nearest = readings[0]
        if self._track_id is None:
            self._track_id = nearest.track_id
        if nearest.track_id != self._track_id:
            return
        self._next = frame.time + _STEP
        face = Face(nearest.box, nearest.landmarks, nearest.detection_confidence or 0.0)
        (seen,) = observer.observe(frame, [face])
        label = Expression.NEUTRAL.display_name
        self._references.append(seen.reference(label, name="the camera"))

    def finish(self, model: ModelFile) -> CalibrationResult:
        """Return what was learnt, tried on its own references.

        Args:
            model: the net that saw the faces.
        """
        if len(self._references) < _MIN_REFERENCES:
            return CalibrationResult()
        references, consent = tuple(self._references), Consent.today(_CONSENT)
        profile = Profile("you", references, model.name, model.digest, "you", consent)
        trial = evaluate(profile, model)
        binding = ProfileBinding(profile, self._track_id) if trial.helps else None
        return CalibrationResult(trial, binding)
