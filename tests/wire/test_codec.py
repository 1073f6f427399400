from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import arbitrary
from roomread.errors import WireError
from roomread.readings import Expression, Frame, Quality, Reading, Scores, Unreadable
from roomread.wire import (
    FrameReadings,
    frame_from_dict,
    frame_to_dict,
    reading_from_dict,
    reading_to_dict,
)

SCORES = {
    "angry": 0.0,
    "disgust": 0.0,
    "fear": 0.0,
    "happy": 0.9,
    "sad": 0.0,
    "surprise": 0.0,
    "neutral": 0.1,
}
BOX = {"left": 10, "top": 20, "right": 30, "bottom": 50}
FACE = {"track_id": 1, "box": BOX, "scores": SCORES}


def frame(*faces: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"schema_version": 1, "time": 1.5, "faces": list(faces)} | fields


@given(arbitrary.readings)
def test_reading_is_equal_after_conversion_to_json_and_back(reading: Reading) -> None:
    text = json.dumps(reading_to_dict(reading), allow_nan=False)
    back = reading_from_dict(json.loads(text))
    assert back == reading
    assert back.expression is reading.expression
    assert back.confidence == reading.confidence


@given(st.lists(arbitrary.readings, max_size=3), st.none() | st.just("black"))
def test_frame_is_equal_after_conversion_to_json_and_back(
    readings: list[Reading], signal: str | None
) -> None:
    faces = tuple(
        replace(each, source="a.mp4", time=0.5, frame_index=3, track_id=n, seat=None)
        for n, each in enumerate(readings, 1)
    )
    before = FrameReadings("a.mp4", 0.5, 3, 640, 480, faces, signal)
    assert frame_from_dict(json.loads(json.dumps(frame_to_dict(before)))) == before


def test_probabilities_are_written_as_the_shortest_decimals_of_their_float32() -> None:
    values = [0.1, 0.2, 0.3, 0.4, 0.0, 0.0, 0.0]
    shown = reading_from_dict(reading(scores=dict(zip(SCORES, values, strict=True))))
    written = reading_to_dict(shown)
    assert list(written["scores"].values()) == values
    assert written["confidence"] == 0.4


def reading(**fields: Any) -> dict[str, Any]:
    return {"schema_version": 1, "time": 1.5, "box": BOX, "scores": SCORES} | fields


def test_missing_fields_of_a_minimal_frame_are_none() -> None:
    read = frame_from_dict(frame(FACE))
    assert (read.source, read.frame_index, read.width, read.signal) == ("", None, None, None)
    (face,) = read.readings
    assert face.time == 1.5
    assert face.quality == Quality()
    assert (face.seat, face.person, face.detection_confidence, face.valence) == (None,) * 4
    assert face.expression is Expression.HAPPY
    assert face.states == ()


def test_face_without_a_threshold_gets_the_default_threshold() -> None:
    unsure = {**FACE, "scores": SCORES | {"happy": 0.55, "neutral": 0.45}}
    read = frame_from_dict(frame(unsure), default_threshold=0.6).readings[0]
    assert read.expression is None
    own = frame_from_dict(frame(unsure | {"threshold": 0.5}), default_threshold=0.6).readings[0]
    assert own.expression is Expression.HAPPY


def test_frame_of_a_picture_has_its_size_and_source() -> None:
    picture = Frame(np.zeros((480, 640, 3), dtype=np.uint8), 0.5, 3, "a.mp4")
    read = FrameReadings.of(picture, [], signal="black")
    assert read == FrameReadings("a.mp4", 0.5, 3, 640, 480, (), "black")


def test_unreadable_face_has_a_reason_and_no_scores() -> None:
    face = {"box": BOX, "unreadable": "too dark"}
    (read,) = frame_from_dict(frame(face)).readings
    assert read.scores is None
    assert read.quality.reason is Unreadable.TOO_DARK


def test_whole_numbers_written_with_a_decimal_point_are_accepted() -> None:
    (read,) = frame_from_dict(frame(FACE | {"track_id": 3.0})).readings
    assert read.track_id == 3
    assert isinstance(read.track_id, int)


INVALID: dict[str, tuple[Any, str]] = {
    "not an object": ([], r"^\$: must be an object, not a list"),
    "no version": ({"time": 0, "faces": []}, r"^\$\.schema_version: is missing"),
    "another version": (frame(schema_version=2), r"^\$\.schema_version: must be 1"),
    "true for a version": (frame(schema_version=True), r"^\$\.schema_version: must be 1"),
    "a time before the start": (frame(time=-1), r"^\$\.time: must be from 0"),
    "no number for a time": (frame(time="1"), r"^\$\.time: must be a number, not a string"),
    "an infinite time": (frame(time=float("inf")), r"^\$\.time: must be from 0"),
    "a time that is no number": (frame(time=float("nan")), r"^\$\.time: .* not nan"),
    "faces that are no list": (frame() | {"faces": {}}, r"^\$\.faces: must be a list"),
    "an unknown field": (frame(age=3), r"^\$\.age: is not a field of a frame"),
    "a face's unknown field": (frame({**FACE, "x": 1}), r"^\$\.faces\[0\]\.x: is not a field"),
    "no box": (frame({"scores": SCORES}), r"^\$\.faces\[0\]\.box: is missing"),
    "a null box": (frame({**FACE, "box": None}), r"box: must be an object, not null"),
    "a box that is inside out": (frame({**FACE, "box": BOX | {"right": 10}}), r"box: right must"),
    "a box without a side": (
        frame({**FACE, "box": {"left": 1, "top": 1, "right": 2}}),
        r"^\$\.faces\[0\]\.box\.bottom: is missing",
    ),
    "a share above 1": (
        frame({**FACE, "scores": SCORES | {"sad": 1.5}}),
        r"^\$\.faces\[0\]\.scores\.sad: must be from 0 to 1, not 1.5",
    ),
    "shares that do not sum to 1": (
        frame({**FACE, "scores": SCORES | {"sad": 0.5}}),
        r"scores: the seven probabilities must sum to 1, not 1.5",
    ),
    "a share missing": (frame({**FACE, "scores": {"happy": 1}}), r"scores\.angry: is missing"),
    "neither scores nor a reason": (frame({"box": BOX}), r"either 'scores' or a reason"),
    "scores and a reason": (
        frame({**FACE, "unreadable": "blurred"}),
        r"either 'scores' or a reason",
    ),
    "an unknown reason": (
        frame({"box": BOX, "unreadable": "asleep"}),
        r"unreadable: must be one of: too small",
    ),
    "an expression of an unreadable face": (
        frame({"box": BOX, "unreadable": "blurred", "expression": "sad"}),
        r"expression: must be null in a face that is unreadable",
    ),
    "an expression that does not follow": (
        frame({**FACE, "expression": "sad"}),
        r"expression: must be happy, which follows",
    ),
    "an expression that is withheld": (
        frame({**FACE, "expression": "happy", "threshold": 0.95}),
        r"expression: must be null, which follows",
    ),
    "a confidence that is not the highest score": (
        frame({**FACE, "confidence": 0.8}),
        r"confidence: must be the highest of the scores, 0.9",
    ),
    "a track id of 0": (frame({**FACE, "track_id": 0}), r"track_id: must be from 1"),
    "a track id that is no number": (
        frame({**FACE, "track_id": True}),
        r"track_id: must be a whole",
    ),
    "half a track id": (frame({**FACE, "track_id": 1.5}), r"track_id: must be a whole number"),
    "two faces of one track": (frame(FACE, FACE), r"^\$\.faces: two faces .* same track_id"),
    "two faces in one seat": (
        frame(*({"box": BOX, "unreadable": "blurred", "seat": 4} for _ in range(2))),
        r"^\$\.faces: two faces of a frame have the same seat",
    ),
    "a person without a name": (frame({**FACE, "person": ""}), r"person: must have 1 to 200"),
    "a landmark missing": (
        frame({**FACE, "landmarks": {"nose": {"x": 1, "y": 2}}}),
        r"landmarks\.left_eye: is missing",
    ),
    "a state that is wrongly shown": (
        frame({**FACE, "states": {"tired": {"percentile": 0.5, "threshold": 0.9, "shown": True}}}),
        r"states\.tired\.shown: must be false, which follows",
    ),
    "a state without a name": (
        frame({**FACE, "states": {"": {"percentile": 0.5, "threshold": 0.9}}}),
        r"states: has an entry without a name",
    ),
    "a flag that is no flag": (
        frame({**FACE, "states": {"tired": {"percentile": 0.5, "threshold": 0.9, "shown": 0}}}),
        r"states\.tired\.shown: must be true or false, not a number",
    ),
    "a pose without a roll": (frame({**FACE, "pose": {"yaw": 1, "pitch": 2}}), r"pose\.roll: is"),
    "a turn of a head by 270 degrees": (
        frame({**FACE, "pose": {"yaw": 270, "pitch": 0, "roll": 0}}),
        r"pose\.yaw: must be from -180 to 180",
    ),
    "too many action units": (
        frame({**FACE, "action_units": {str(n): 0.5 for n in range(101)}}),
        r"action_units: must have at most 100 entries, not 101",
    ),
}


@pytest.mark.parametrize("case", INVALID)
def test_error_for_an_invalid_frame_names_the_json_path(case: str) -> None:
    value, message = INVALID[case]
    with pytest.raises(WireError, match=message):
        frame_from_dict(value)


def test_error_names_the_path_of_a_value_within_a_list_of_frames() -> None:
    with pytest.raises(WireError) as caught:
        frame_from_dict(frame({**FACE, "box": BOX | {"left": "x"}}), path="$[7]")
    assert caught.value.path == "$[7].faces[0].box.left"


def test_several_faces_without_track_and_seat_are_accepted() -> None:
    face = {"box": BOX, "unreadable": "blurred"}
    assert len(frame_from_dict(frame(face, face)).readings) == 2


def test_expression_stays_withheld_where_the_confidence_is_just_below_the_threshold() -> None:
    values = np.full(7, 0.1, dtype=np.float32)
    values[3] = np.float32(0.4)
    threshold = float(np.nextafter(np.float64(values[3]), 1.0))
    before = replace(reading_from_dict(reading()), scores=Scores(values, threshold))
    assert before.expression is None
    assert reading_from_dict(reading_to_dict(before)).expression is None
