"""`NeutralCalibration` with synthetic observations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from roomread import Expression, Frame, Reading
from roomread.classifier import ModelFile, open_model
from roomread.fewshot import feature_statistics_of
from roomread.fewshot.profile import Observation
from roomread.readings import Box, Face, Quality, Scores, Unreadable
from roomread.services.calibration import CALIBRATION_SECONDS, NeutralCalibration

MODEL = open_model()
SIZE = len(feature_statistics_of(MODEL).mean)
BOX = Box(40, 30, 100, 110)
SCORES = Scores(np.full(7, 1 / 7, dtype=np.float32), 0.3)


def reading(track_id: int, *, readable: bool = True) -> Reading:
    reason = None if readable else Unreadable.TURNED_AWAY
    quality = Quality(80, 1.0, 0.5, 0.2, 0.5, None, reason)
    scores = SCORES if readable else None
    return Reading("camera", 0.0, 0, BOX, 1.0, quality, scores, track_id=track_id)


class FixedObserver:
    """An observer whose net reads a face as sad or neutral; it records the times of its calls."""

    model: ModelFile = MODEL

    def __init__(self, called: Expression) -> None:
        self.called = called
        self.asked: list[float] = []

    def observe(self, frame: Frame, faces: list[Face] | None = None) -> list[Observation]:
        assert faces is not None
        self.asked.append(frame.time)
        random = np.random.default_rng(len(self.asked))
        logits = random.normal(0.0, 0.1, 7).astype(np.float32)
        logits[Expression.NEUTRAL] += 1.0
        logits[self.called] += 1.0 if self.called is Expression.SAD else 9.0
        features = random.normal(size=SIZE).astype(np.float32)
        return [Observation(reading(1), features, logits) for _ in faces]


def frame(time: float) -> Frame:
    return Frame(np.zeros((240, 320, 3), np.uint8), time, 0, "camera")


def calibrate(
    observer: FixedObserver, readings: list[Reading], *, seconds: float = CALIBRATION_SECONDS
) -> NeutralCalibration:
    calibration = NeutralCalibration(0.0)
    for tenth in range(round(10 * seconds)):
        calibration.update(observer, frame(tenth / 10), readings)
    return calibration


def test_calibration_collects_a_face_twice_a_second() -> None:
    observer = FixedObserver(Expression.SAD)
    calibrate(observer, [reading(1)])
    assert len(observer.asked) == pytest.approx(2 * CALIBRATION_SECONDS, abs=1)


def test_remaining_calibration_time_counts_down_and_never_exceeds_the_duration() -> None:
    calibration = NeutralCalibration(5.0)
    # The page may ask before the first frame is finished.
    assert calibration.remaining(4.0) == CALIBRATION_SECONDS
    assert calibration.remaining(12.0) == 3.0
    assert calibration.remaining(30.0) == 0.0


def test_calibration_of_a_resting_face_read_as_sad_binds_the_profile_to_its_track_id() -> None:
    observer = FixedObserver(Expression.SAD)
    result = calibrate(observer, [reading(7)]).finish(MODEL)
    assert result.evaluation is not None
    assert result.evaluation.helps
    assert result.evaluation.probability_after > result.evaluation.probability_before
    assert result.binding is not None
    assert result.binding.track_id == 7
    assert result.binding.profile.consent is not None
    assert "for this visit" in result.binding.profile.consent.given


def test_calibration_of_a_face_already_read_as_neutral_is_discarded() -> None:
    observer = FixedObserver(Expression.NEUTRAL)
    result = calibrate(observer, [reading(1)]).finish(MODEL)
    assert result.evaluation is not None
    assert result.evaluation.correct == result.evaluation.correct_before
    assert result.binding is None


def test_face_that_smiles_throughout_is_not_learnt_as_neutral() -> None:
    probabilities = np.full(7, 0.01, dtype=np.float32)
    probabilities[Expression.HAPPY] = 0.94
    smiling = replace(reading(1), scores=Scores(probabilities, 0.3))
    result = calibrate(FixedObserver(Expression.SAD), [smiling]).finish(MODEL)
    assert result.shown is Expression.HAPPY
    assert (result.evaluation, result.binding) == (None, None)


def test_resting_face_that_looks_sad_is_learnt_as_neutral() -> None:
    probabilities = np.full(7, 0.01, dtype=np.float32)
    probabilities[Expression.SAD] = 0.94
    resting = replace(reading(1), scores=Scores(probabilities, 0.3))
    result = calibrate(FixedObserver(Expression.SAD), [resting]).finish(MODEL)
    assert result.shown is None
    assert result.binding is not None


@pytest.mark.parametrize(
    "seen", [[], [reading(1, readable=False)]], ids=["no face", "unreadable face"]
)
def test_calibration_has_no_result_when_no_readable_face_is_seen(seen: list[Reading]) -> None:
    observer = FixedObserver(Expression.SAD)
    result = calibrate(observer, seen).finish(MODEL)
    assert (result.evaluation, result.binding) == (None, None)
    assert observer.asked == []


def test_calibration_with_too_few_reference_pictures_has_no_result() -> None:
    observer = FixedObserver(Expression.SAD)
    assert calibrate(observer, [reading(1)], seconds=2).finish(MODEL).evaluation is None


def test_calibration_on_a_busy_computer_waits_for_enough_reference_pictures() -> None:
    calibration = NeutralCalibration(0.0)
    observer = FixedObserver(Expression.SAD)
    for time in (0.0, 4.0, 8.0, 12.0):
        calibration.update(observer, frame(time), [reading(1)])
        assert not calibration.is_over(time)
    assert calibration.remaining(12.0) == 0.0
    calibration.update(observer, frame(16.0), [reading(1)])
    assert calibration.is_over(16.0)
    assert calibration.finish(MODEL).binding is not None


def test_calibration_without_a_face_ends_after_half_a_minute() -> None:
    calibration = NeutralCalibration(0.0)
    assert not calibration.is_over(29.9)
    assert calibration.is_over(30.0)


def test_calibration_with_enough_reference_pictures_ends_after_ten_seconds() -> None:
    calibration = calibrate(FixedObserver(Expression.SAD), [reading(1)])
    assert not calibration.is_over(CALIBRATION_SECONDS - 0.1)
    assert calibration.is_over(CALIBRATION_SECONDS)


def test_calibration_pauses_while_another_face_is_the_largest() -> None:
    observer = FixedObserver(Expression.SAD)
    calibration = calibrate(observer, [reading(1)], seconds=3)
    before = len(observer.asked)
    for tenth in range(30, 60):
        calibration.update(observer, frame(tenth / 10), [reading(2), reading(1)])
    assert len(observer.asked) == before


def test_calibration_restarts_with_another_face_after_the_first_face_is_lost() -> None:
    observer = FixedObserver(Expression.SAD)
    calibration = calibrate(observer, [reading(1)], seconds=4)
    # The track is missing for less than a second, so it is not lost.
    calibration.update(observer, frame(4.5), [reading(2)])
    calibration.update(observer, frame(4.6), [reading(1)])
    before = len(observer.asked)
    for tenth in range(60, 100):
        calibration.update(observer, frame(tenth / 10), [reading(2)])
    assert calibration.is_over(CALIBRATION_SECONDS)
    result = calibration.finish(MODEL)
    assert result.binding is not None
    assert result.binding.track_id == 2
    assert len(result.binding.profile.references) == len(observer.asked) - before


def test_calibration_keeps_the_reference_pictures_of_a_person_who_leaves() -> None:
    observer = FixedObserver(Expression.SAD)
    calibration = calibrate(observer, [reading(1)], seconds=6)
    for tenth in range(60, 100):
        calibration.update(observer, frame(tenth / 10), [])
    assert calibration.is_over(CALIBRATION_SECONDS)
    assert calibration.finish(MODEL).binding is not None
