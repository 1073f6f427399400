from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import arbitrary
from roomread.errors import WireError
from roomread.formats.json_frames import (
    JsonLinesSink,
    JsonSink,
    parse_frames,
    read_json,
    read_json_lines,
)
from roomread.readings import Frame, Reading
from roomread.wire import FrameReadings

PIXELS = np.zeros((480, 640, 3), dtype=np.uint8)


def frames(readings: list[Reading]) -> list[tuple[Frame, list[Reading]]]:
    """Return a frame with one face for each reading, and a last frame without a face."""
    found = [(Frame(PIXELS, r.time, n, r.source), [r]) for n, r in enumerate(readings)]
    return [*found, (Frame(PIXELS, 9.0, len(found), "lesson.mp4"), [])]


def as_read(frame: Frame, readings: list[Reading]) -> FrameReadings:
    return FrameReadings.of(frame, [replace(r, frame_index=frame.index) for r in readings])


lessons = st.lists(arbitrary.readings, max_size=3)


@given(lessons)
def test_readings_are_equal_after_writing_and_reading_json(readings: list[Reading]) -> None:
    file = io.StringIO()
    sink = JsonSink(file)
    for frame, faces in frames(readings):
        sink.add(frame, faces)
    sink.close()
    assert read_json(file.getvalue()) == [as_read(*each) for each in frames(readings)]


@given(lessons)
def test_readings_are_equal_after_writing_and_reading_json_lines(readings: list[Reading]) -> None:
    file = io.StringIO()
    sink = JsonLinesSink(file)
    for frame, faces in frames(readings):
        sink.add(frame, faces)
    sink.close()
    file.seek(0)
    assert list(read_json_lines(file)) == [as_read(*each) for each in frames(readings)]


def test_writing_json_without_frames_gives_an_empty_list() -> None:
    file = io.StringIO()
    JsonSink(file).close()
    assert read_json(file.getvalue()) == []


def test_error_contains_the_number_of_the_invalid_line() -> None:
    good = '{"schema_version": 1, "time": 0, "faces": []}\n'
    with pytest.raises(WireError, match=r"^line 2: \$\.time: is missing"):
        list(read_json_lines([good, '{"schema_version": 1, "faces": []}\n']))
    with pytest.raises(WireError, match=r"^line 1: \$: is not JSON"):
        list(read_json_lines(["{\n"]))


FACE = {
    "track_id": 1,
    "box": {"left": 1, "top": 1, "right": 9, "bottom": 9},
    "unreadable": "too dark",
}


def sent(*faces: dict[str, Any], time: float = 1.0) -> dict[str, Any]:
    return {"schema_version": 1, "time": time, "faces": list(faces)}


def test_message_may_be_one_frame_or_a_list_of_frames() -> None:
    (alone,) = parse_frames(json.dumps(sent(FACE)))
    assert [r.track_id for r in alone.readings] == [1]
    both = parse_frames(json.dumps([sent(FACE), sent(time=2)]).encode())
    assert [frame.time for frame in both] == [1, 2]


def test_names_of_people_in_received_frames_are_dropped() -> None:
    (frame,) = parse_frames(json.dumps(sent(FACE | {"person": "Ada"})))
    assert [reading.person for reading in frame.readings] == [None]


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        ([], r"^\$: must have 1 to 200 frames, not 0"),
        ([sent()] * 201, r"^\$: must have 1 to 200 frames, not 201"),
        ([sent(), sent(time=86_401)], r"^\$\[1\]\.time: must be from 0 to 86400"),
        (sent(FACE, {**FACE, "track_id": None}), r"faces\[1\]\.track_id: must not be null"),
        (
            [sent(*({**FACE, "track_id": n} for n in range(1, 302)))],
            r"^\$\[0\]\.faces: must have at most 300 items, not 301",
        ),
        ("no frame", r"^\$: must be an object, not a string"),
    ],
)
def test_message_that_is_too_large_or_incomplete_is_refused(message: Any, problem: str) -> None:
    with pytest.raises(WireError, match=problem):
        parse_frames(json.dumps(message))


@pytest.mark.parametrize(
    "text",
    [
        '{"schema_version": 1, "time": NaN, "faces": []}',
        '{"schema_version": 1, "time": 1e999, "faces": []}',
        f'{{"schema_version": 1, "time": {"9" * 400}, "faces": []}}',
        '{"schema_version": 1, "time": 1, "faces": [], "\\ud800": 1}',
        '{"schema_version": 1, "time": 1, "faces": [], "source": "\\ud800"}',
        "[" * 100_000,
        "9" * 5000,
    ],
)
def test_numbers_and_text_that_cannot_be_stored_are_refused(text: str) -> None:
    with pytest.raises(WireError) as caught:
        parse_frames(text)
    str(caught.value).encode("utf-8")


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_any_message_is_parsed_or_raises_wire_error(content: bytes | str) -> None:
    try:
        assert all(isinstance(frame, FrameReadings) for frame in parse_frames(content))
    except WireError:
        return
