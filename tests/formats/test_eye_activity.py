from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np

from roomread.formats.eye_activity import EyeActivitySink
from roomread.readings import Box, EyeActivity, Frame, Quality, Reading

FACE = Reading("a.mp4", 0.0, 0, Box(0, 0, 9, 9), 0.9, Quality(), track_id=3)


def lines(*sources: str, seconds: float = 40.0, rate: float = 10.0) -> list[dict[str, object]]:
    """Return the lines for videos of one person whose eye activity is known from 30 s on."""
    file = io.StringIO()
    sink = EyeActivitySink(file)
    for source in sources:
        for number in range(round(seconds * rate)):
            time = number / rate
            frame = Frame(np.zeros((9, 9, 3), dtype=np.uint8), time, number, source)
            eyes = EyeActivity(0.05, 15.0 if rate > 6 else None) if time >= 30 else None
            sink.add(frame, [replace(FACE, source=source, time=time, eyes=eyes)])
    sink.close()
    return [json.loads(line) for line in file.getvalue().splitlines()]


def test_known_eye_activity_of_each_person_is_written_once_per_second() -> None:
    found = lines("a.mp4")
    assert [line["time"] for line in found] == [float(second) for second in range(30, 40)]
    last = found[-1]
    assert (last["source"], last["track_id"], last["seat"]) == ("a.mp4", 3, None)
    assert (last["eyes_closed"], last["blinks_per_minute"]) == (0.05, 15.0)


def test_unknown_blink_rate_is_written_as_null() -> None:
    assert {line["blinks_per_minute"] for line in lines("a.mp4", rate=2.0)} == {None}


def test_eye_activity_is_written_anew_for_each_source() -> None:
    found = lines("a.mp4", "b.mp4", seconds=31.0)
    assert [(line["source"], line["time"]) for line in found] == [("a.mp4", 30.0), ("b.mp4", 30.0)]
