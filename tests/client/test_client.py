from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from classes import lesson
from roomread.client import Client, ServiceError
from roomread.client.connection import Connection
from roomread.errors import MediaWarning, WireError
from roomread.formats.report_values import report_to_dict
from roomread.joining.reports import ReportCounts, ReportSample
from roomread.pipeline import Readings
from roomread.readings import Reading
from roomread.room import RoomMood
from roomread.wire import FrameReadings, frame_to_dict
from roomread.wire.example import example_frame

FRAME = frame_to_dict(example_frame())


def frame(time: float, readings: Iterable[Reading]) -> FrameReadings:
    faces = [replace(each, source="room 3", time=time, frame_index=None) for each in readings]
    return FrameReadings("room 3", time, None, None, None, tuple(faces))


LESSON = [frame(*each) for each in lesson(125, people=2, every=1.0)]


class FakeService:
    """Answers requests by a function and remembers them; waiting takes no time."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        self.requests: list[httpx.Request] = []
        self.pauses: list[float] = []
        self._answer = answer

    def client(self) -> Client:
        transport = httpx.MockTransport(self._handle)
        return Client(
            Connection("http://roomread", key="k", transport=transport, sleep=self.pauses.append)
        )

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._answer(request)


def problem(status: int, **fields: Any) -> dict[str, Any]:
    return {"type": "about:blank", "title": "", "status": status, "detail": "wrong"} | fields


def refused(status: int, headers: dict[str, str] | None = None) -> httpx.Response:
    kind = {"content-type": "application/problem+json"}
    content = json.dumps(problem(status, hint="do better"))
    return httpx.Response(status, content=content, headers=kind | (headers or {}))


def test_picture_becomes_readings() -> None:
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


def test_unreadable_picture_of_a_batch_has_its_own_error() -> None:
    found = [{"frame": FRAME}, {"source": "b", "problem": problem(422, detail="b: damaged")}]
    service = FakeService(lambda _: httpx.Response(200, json={"pictures": found}))
    first, second = service.client().analyze_all([b"a", b"b"])
    assert first == Readings(example_frame().readings)
    assert isinstance(second, ServiceError)
    assert (second.status, second.problem) == (422, "b: damaged")


def test_refusal_is_an_error_with_the_message_of_the_service() -> None:
    with pytest.raises(ServiceError) as caught:
        FakeService(lambda _: refused(503, {"retry-after": "7"})).client().models()
    error = caught.value
    assert (error.problem, error.hint, error.status) == ("wrong", "do better", 503)
    assert error.retry_after == 7


def test_error_response_without_problem_details_is_an_error_with_its_status() -> None:
    with pytest.raises(ServiceError, match="the service returned status 502") as caught:
        FakeService(lambda _: httpx.Response(502, text="<html>")).client().models()
    assert caught.value.retry_after is None


def test_unreachable_service_is_an_error_without_a_status() -> None:
    def away(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(ServiceError, match="no response: refused") as caught:
        FakeService(away).client().models()
    assert caught.value.status is None


def test_readings_are_sent_in_batches() -> None:
    mood: dict[str, object] = {
        "time": 9.0,
        "present": 2,
        "readable": 2,
        "scores": None,
        "baseline": None,
        "states": {},
        "looking_away": None,
    }

    def accept(request: httpx.Request) -> httpx.Response:
        count = len(json.loads(request.content))
        answer = {"accepted": count - 1, "repeated": 1, "mood": mood, "alerts": []}
        return httpx.Response(200, json=answer)

    service = FakeService(accept)
    result = service.client().sessions.send("0a1b2c3d", iter(LESSON))
    assert [len(json.loads(request.content)) for request in service.requests] == [100, 25]
    assert (result.accepted, result.repeated, result.mood) == (123, 2, RoomMood(9.0, 2, 2))
    assert json.loads(service.requests[0].content)[0] == frame_to_dict(LESSON[0])


def test_unanswered_readings_are_sent_again_until_the_time_limit() -> None:
    service = FakeService(lambda _: refused(503, {"retry-after": "7"}))
    with pytest.raises(ServiceError, match="wrong"):
        service.client().sessions.send("0a1b2c3d", LESSON[:1], patience=20)
    assert service.pauses == [7, 7]
    assert len(service.requests) == 3


def test_readings_that_are_refused_are_not_sent_again() -> None:
    service = FakeService(lambda _: refused(422))
    with pytest.raises(ServiceError, match="wrong"):
        service.client().sessions.send("0a1b2c3d", LESSON[:1])
    assert (service.pauses, len(service.requests)) == ([], 1)


def test_timeline_is_read_page_by_page() -> None:
    def page(request: httpx.Request) -> httpx.Response:
        since = float(request.url.params["since"])
        mood: dict[str, object] = {
            "time": since,
            "present": 0,
            "readable": 0,
            "scores": None,
            "baseline": None,
            "states": {},
            "looking_away": None,
        }
        return httpx.Response(200, json={"moods": [mood], "next": since + 1 if since < 2 else None})

    service = FakeService(page)
    assert [mood.time for mood in service.client().sessions.timeline("0a1b2c3d")] == [0, 1, 2]


def test_reports_of_a_room_are_samples_of_counts() -> None:
    known = ReportSample(10.0, 28, 19, ReportCounts(9, 8, 1, 1), 3)
    few = ReportSample(5.0, 4)
    found = {"reports": [report_to_dict(few), report_to_dict(known)]}
    service = FakeService(lambda _: httpx.Response(200, json=found))
    assert service.client().sessions.reports("0a1b2c3d") == [few, known]
    assert service.requests[0].url.path == "/api/v1/sessions/0a1b2c3d/reports"


def test_client_polls_a_video_until_it_has_ended() -> None:
    states = iter(["waiting", "reading", "finished"])
    status = {"id": "1", "seconds": 1.0, "duration": None, "error": "", "notes": []}
    service = FakeService(lambda _: httpx.Response(200, json=status | {"state": next(states)}))
    assert service.client().wait("1", every=0.5).state == "finished"
    assert service.pauses == [0.5, 0.5]


def test_frames_of_a_video_are_read_as_they_were_written() -> None:
    lines = "".join(json.dumps(frame_to_dict(frame)) + "\n" for frame in LESSON[:3])
    service = FakeService(lambda _: httpx.Response(200, text=lines))
    assert list(service.client().frames("1")) == LESSON[:3]


def test_frames_of_another_version_are_refused() -> None:
    line = json.dumps(FRAME | {"schema_version": 99})
    service = FakeService(lambda _: httpx.Response(200, text=line))
    with pytest.raises(WireError, match="schema_version: must be 1"):
        list(service.client().frames("1"))


def test_imported_profile_is_sent_under_its_own_name(tmp_path: Path) -> None:
    file = tmp_path / "profile.json"
    file.write_text('{"name": "as ha"}')
    kept = {"name": "as ha", "kind": "state", "pictures": {"as ha": 5}}
    service = FakeService(lambda _: httpx.Response(200, json=kept))
    assert service.client().profiles.take(file, replace=True).pictures == {"as ha": 5}
    (request,) = service.requests
    assert request.url.raw_path == b"/api/v1/profiles/as%20ha?replace=true"
