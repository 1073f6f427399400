"""Uses of the public API whose types mypy checks, and which are run as tests too.

mypy checks each `assert_type`, and reports a `type: ignore` comment that is not needed.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, assert_type

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from roomread import (
    Analyzer,
    Expression,
    Frame,
    Moment,
    Reading,
    Readings,
    RoomMood,
    RoomPipeline,
    RoomreadError,
    Scores,
    analyze,
)
from roomread.pipeline import FrameMoment
from roomread.readings import Box, Unreadable
from roomread.room import Alert, parse_rules
from roomread.testing import FixedClassifier, FixedDetector, synthetic_frames

ANALYZER = Analyzer(detector=FixedDetector([(8, 8, 72, 72)]), classifier=FixedClassifier())
PIXELS: NDArray[np.uint8] = np.random.default_rng(0).integers(0, 256, (80, 96, 3), dtype=np.uint8)


def test_analyze_returns_readings_for_one_picture_of_any_type() -> None:
    assert_type(ANALYZER.analyze(PIXELS), Readings)
    assert_type(ANALYZER.analyze(Image.fromarray(PIXELS)), Readings)
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, "PNG")
    assert_type(ANALYZER.analyze(file), Readings)
    assert_type(ANALYZER.analyze(file.getvalue()), Readings)
    assert_type(ANALYZER.analyze(bytearray(file.getvalue())), Readings)


def test_analyze_returns_a_list_for_a_list_but_not_for_a_str(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    Image.fromarray(PIXELS).save(path)
    assert_type(ANALYZER.analyze(path), Readings)
    assert_type(ANALYZER.analyze(str(path)), Readings)
    assert_type(ANALYZER.analyze([path, str(path)]), list[Readings])
    paths = [str(path), str(path)]
    assert_type(ANALYZER.analyze(paths), list[Readings])
    assert_type(ANALYZER.analyze((PIXELS, path)), list[Readings])


def test_analyze_function_has_the_same_types_as_the_analyze_method() -> None:
    def uses() -> None:
        assert_type(analyze("photo.jpg"), Readings)
        assert_type(analyze(["a.jpg", Path("b.jpg"), PIXELS]), list[Readings])

    assert callable(uses)


def test_value_that_is_not_a_picture_raises_type_error() -> None:
    with pytest.raises(TypeError):
        ANALYZER.analyze(None)  # type: ignore[call-overload] # this is what is tested
    with pytest.raises(TypeError):
        ANALYZER.analyze(0)  # type: ignore[call-overload] # likewise
    with pytest.raises(TypeError):
        ANALYZER.stream(2.5)  # type: ignore[arg-type] # likewise


def test_reading_has_a_box_and_optional_values() -> None:
    readings = ANALYZER.analyze(PIXELS)
    assert_type(readings[0], Reading)
    assert_type(readings[:1], Readings)
    for reading in readings:
        assert_type(reading.box, Box)
        assert_type(reading.scores, Scores | None)
        assert_type(reading.expression, Expression | None)
        assert_type(reading.unreadable, Unreadable | None)
        assert_type(reading.track_id, int | None)
        assert_type(reading.seat, int | None)
        assert_type(reading.person, str | None)
    assert_type(readings.picture, NDArray[np.uint8] | None)
    assert_type(readings.to_dict(), dict[str, Any])


def test_stream_yields_moments_with_frames() -> None:
    moments = ANALYZER.stream(synthetic_frames(2))
    assert_type(moments, Iterator[FrameMoment])
    for moment in moments:
        assert_type(moment.frame, Frame)
        assert_type(moment.time, float)
        as_moment: Moment = moment
        assert_type(as_moment.frame, Frame | None)
        assert_type(as_moment.mood, RoomMood | None)


def test_room_pipeline_accepts_frames_and_readings() -> None:
    room = RoomPipeline.of(ANALYZER, rules=parse_rules("room coverage below 50% for 30 s"))
    for frame in synthetic_frames(2):
        assert_type(room.push(frame), FrameMoment)
    assert_type(room.push_readings(1.0, ANALYZER.analyze(PIXELS)), Moment)
    assert_type(room.mood, RoomMood | None)
    assert_type(room.alerts, list[Alert])


def test_errors_have_a_problem_and_a_hint() -> None:
    with pytest.raises(RoomreadError) as raised:
        ANALYZER.analyze("nowhere.jpg")
    assert_type(raised.value.problem, str)
    assert_type(raised.value.hint, str)


def test_analyze_with_a_batch_size_returns_a_list(tmp_path: Path) -> None:
    Image.fromarray(PIXELS).save(tmp_path / "photo.png")
    assert_type(ANALYZER.analyze(tmp_path, batch=8), list[Readings])
    assert_type(ANALYZER.analyze(str(tmp_path), batch=8), list[Readings])
    assert_type(ANALYZER.analyze([PIXELS], batch=8), list[Readings])
