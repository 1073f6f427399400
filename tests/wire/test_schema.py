from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given

import arbitrary
from roomread.readings import Reading
from roomread.wire import FrameReadings, frame_to_dict, json_schema, reading_to_dict

SCHEMA = json_schema()
FRAMES = jsonschema_rs.Draft202012Validator(SCHEMA)
READINGS = jsonschema_rs.Draft202012Validator(SCHEMA | {"$ref": "#/$defs/Reading"})


def test_json_schema_is_valid_and_plain_json() -> None:
    jsonschema_rs.meta.validate(SCHEMA)
    assert json.loads(json.dumps(SCHEMA, allow_nan=False)) == SCHEMA


@given(arbitrary.readings)
def test_json_schema_accepts_every_reading_and_frame_that_is_written(reading: Reading) -> None:
    READINGS.validate(reading_to_dict(reading))
    frame = FrameReadings("a", reading.time, 0, 640, 480, (reading,))
    FRAMES.validate(frame_to_dict(frame))


def face(**fields: Any) -> dict[str, Any]:
    return {"box": {"left": 1, "top": 1, "right": 2, "bottom": 2}, "unreadable": "blurred"} | fields


@pytest.mark.parametrize(
    "wrong",
    [
        {"schema_version": 2},
        {"time": -1},
        {"time": None},
        {"width": 0},
        {"faces": [face(box=None)]},
        {"faces": [face(unreadable=None)]},
        {"faces": [face(expression="bored")]},
        {"faces": [face(track_id=0)]},
        {"faces": [face(name="Ada")]},
        {"faces": [face(detection_confidence=1.5)]},
    ],
)
def test_json_schema_refuses_invalid_frames(wrong: dict[str, Any]) -> None:
    right = {"schema_version": 1, "time": 0, "faces": [face()]}
    assert FRAMES.is_valid(right)
    assert not FRAMES.is_valid(right | wrong)


def test_every_field_of_the_schema_is_described() -> None:
    for name in ("Frame", "Reading", "Face"):
        for field, schema in SCHEMA["$defs"][name]["properties"].items():
            assert schema.get("description"), f"{name}.{field}"
