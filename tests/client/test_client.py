from __future__ import annotations

import json
from dataclasses import replace

import httpx
import pytest

from fake_service import FakeService, problem
from roomread.client import ServiceError
from roomread.errors import MediaWarning, WireError
from roomread.pipeline import Readings
from roomread.wire import FrameReadings, frame_to_dict
from roomread.wire.example import example_frame

FRAME = frame_to_dict(example_frame())


def frame(time: float) -> FrameReadings:
    readings = tuple(replace(each, time=time) for each in example_frame().readings)
    return replace(example_frame(), time=time, readings=readings)


LESSON = [frame(time) for time in (0.0, 1.0, 2.0)]


def test_picture_is_sent_and_its_readings_are_returned() -> None:
    service = FakeService(lambda _: httpx.Response(200, json={"pictures": [{"frame": FRAME}]}))
    assert service.client().analyze(b"a picture", profiles=["asha", "tired"]) == Readings(
        example_frame().readings
    )
    (request,) = service.requests
    assert request.url == "http://roomread/api/v1/analyze?profiles=asha%2Ctired"
    assert request.headers["authorization"] == "Bearer k"
    assert b"a picture" in request.content


def test_skipped_part_of_a_picture_is_reported_as_a_warning() -> None:
    found = {
        "pictures": [{"frame": FRAME, "notes": ["a.gif: of its 3 pictures the first is read"]}]
    }
    service = FakeService(lambda _: httpx.Response(200, json=found))
    with pytest.warns(MediaWarning, match=r"a\.gif: of its 3 pictures"):
        service.client().analyze(b"a picture")


def test_unreadable_picture_in_a_batch_becomes_an_error_in_the_list() -> None:
    found = [{"frame": FRAME}, {"source": "b", "problem": problem(422, detail="b: damaged")}]
    service = FakeService(lambda _: httpx.Response(200, json={"pictures": found}))
    first, second = service.client().analyze_all([b"a", b"b"])
    assert first == Readings(example_frame().readings)
    assert isinstance(second, ServiceError)
    assert (second.status, second.problem) == (422, "b: damaged")


def test_client_polls_a_video_until_it_has_ended() -> None:
    states = iter(["waiting", "reading", "finished"])
    status = {"id": "1", "seconds": 1.0, "duration": None, "error": "", "notes": []}
    service = FakeService(lambda _: httpx.Response(200, json=status | {"state": next(states)}))
    assert service.client().wait("1", every=0.5).state == "finished"
    assert service.pauses == [0.5, 0.5]


def test_frames_of_a_video_are_parsed_from_json_lines() -> None:
    lines = "".join(json.dumps(frame_to_dict(frame)) + "\n" for frame in LESSON)
    service = FakeService(lambda _: httpx.Response(200, text=lines))
    assert list(service.client().frames("1")) == LESSON


def test_frames_of_another_schema_version_are_refused() -> None:
    line = json.dumps(FRAME | {"schema_version": 99})
    service = FakeService(lambda _: httpx.Response(200, text=line))
    with pytest.raises(WireError, match="schema_version: must be 1"):
        list(service.client().frames("1"))
