from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from roomread import Analyzer
from roomread.pipeline import EVERY_FRAME, Cadence, StreamAnalyzer
from roomread.pipeline.face_reader import FaceReader
from roomread.readings import Box, Expression, EyeActivity, Face, Frame, Reading, Scores, Track
from roomread.testing import FixedClassifier, FixedDetector

NOISE = np.random.default_rng(0).integers(0, 256, (200, 400, 3), dtype=np.uint8)
BOXES = [(10.0, 10.0, 90.0, 90.0), (200.0, 10.0, 320.0, 130.0)]


class AlternatingClassifier(FixedClassifier):
    """A classifier that alternates between happy and sad."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def classify(self, crops: NDArray[np.uint8]) -> list[Scores]:
        self.calls += 1
        expression = Expression.HAPPY if self.calls % 2 else Expression.SAD
        return FixedClassifier(expression).classify(crops)


class FakeTracker:
    """A tracker that returns one track, whose id is 100 plus the number of frames so far."""

    def __init__(self) -> None:
        self.updates = 0

    def update(self, frame: Frame) -> Sequence[Track]:
        self.updates += 1
        face = Face(Box(*BOXES[0]), None, 1.0)
        return [Track(100 + self.updates, face, 0.0, frame.time)]


def frame(time: float) -> Frame:
    return Frame(NOISE, time, round(25 * time), "made up")


def test_readings_are_sorted_largest_face_first_and_keep_their_track_ids() -> None:
    stream = StreamAnalyzer(FixedDetector(BOXES), FaceReader(FixedClassifier()))
    ids = [[r.track_id for r in stream.update(frame(n / 25))] for n in range(10)]
    assert ids == [[1, 2]] * 10
    (large, small) = stream.update(frame(1.0))
    assert large.box.area > small.box.area


def test_tracker_can_be_replaced() -> None:
    tracker = FakeTracker()
    stream = StreamAnalyzer(FixedDetector([]), FaceReader(FixedClassifier()), tracker=tracker)  # type: ignore[arg-type] # a Sequence will do here
    assert [r.track_id for r in stream.update(frame(0.0))] == [101]
    assert [r.track_id for r in stream.update(frame(0.1))] == [102]


def test_scores_are_averaged_over_the_smoothing_time() -> None:
    def confidences(smoothing: float) -> list[float]:
        stream = StreamAnalyzer(
            FixedDetector(BOXES[:1]),
            FaceReader(AlternatingClassifier()),
            smoothing=smoothing,
            cadence=EVERY_FRAME,
        )
        readings = [stream.update(frame(n / 25))[0] for n in range(50)]
        return [r.scores[Expression.HAPPY] for r in readings if r.scores is not None]

    assert np.ptp(confidences(0.0)[-10:]) > 0.8
    assert np.ptp(confidences(1.0)[-10:]) < 0.1


def test_predictions_are_reused_for_the_configured_read_interval() -> None:
    classifier = AlternatingClassifier()
    stream = StreamAnalyzer(
        FixedDetector(BOXES[:1]), FaceReader(classifier), cadence=Cadence(0, 0, read=0.5)
    )
    for n in range(51):
        stream.update(frame(n / 25))
    assert 4 <= classifier.calls <= 6


def test_cached_predictions_are_dropped_when_the_face_reader_is_replaced() -> None:
    stream = StreamAnalyzer(
        FixedDetector(BOXES[:1]),
        FaceReader(FixedClassifier(Expression.SAD)),
        smoothing=0.0,
        cadence=Cadence(0, 0, read=100.0),
    )
    assert stream.update(frame(0.0))[0].expression is Expression.SAD
    stream.reader = FaceReader(FixedClassifier(Expression.HAPPY))
    assert stream.update(frame(0.04))[0].expression is Expression.HAPPY


def test_detecting_faces_in_all_frames_before_reading_them_gives_the_same_readings() -> None:
    ahead = StreamAnalyzer(FixedDetector(BOXES), FaceReader(FixedClassifier()))
    together = StreamAnalyzer(FixedDetector(BOXES), FaceReader(FixedClassifier()))
    frames = [frame(n / 25) for n in range(5)]
    found = [ahead.find(each) for each in frames]
    read = [ahead.read(each, tracks) for each, tracks in zip(frames, found, strict=True)]
    assert read == [together.update(each) for each in frames]


def test_readings_have_eye_activity_after_half_a_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = Analyzer(
        detector=FixedDetector(BOXES[:1]), classifier=FixedClassifier()
    ).stream_analyzer()
    read = stream.reader.read

    def with_units(image: Frame, *rest: Any, **options: Any) -> list[Reading]:
        units = {"AU45": 0.9 if image.time >= 30 else 0.1}
        return [replace(each, action_units=units) for each in read(image, *rest, **options)]

    monkeypatch.setattr(stream.reader, "read", with_units)
    found = {second: stream.update(frame(float(second)))[0].eyes for second in range(61)}
    assert found[29] is None
    assert found[30] == EyeActivity(round(1 / 31, 4), None)
    assert found[60] is not None
    assert found[60].closed_share == pytest.approx(0.5, abs=0.02)
