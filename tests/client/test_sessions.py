from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from classes import lesson
from fake_service import SESSION, FakeService, refused
from roomread.client import ServiceError
from roomread.formats.report_values import report_to_dict
from roomread.joining.reports import ReportCounts, ReportSample
from roomread.readings import Reading
from roomread.room import Mark, RoomMood
from roomread.wire import FrameReadings, frame_to_dict


def frame(time: float, readings: Iterable[Reading]) -> FrameReadings:
    faces = [replace(each, source="room 3", time=time, frame_index=None) for each in readings]
    return FrameReadings("room 3", time, None, None, None, tuple(faces))


LESSON = [frame(*each) for each in lesson(125, people=2, every=1.0)]


def test_readings_are_sent_in_batches_of_a_hundred_frames() -> None:
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


def test_request_refused_as_busy_is_repeated_until_the_patience_time_is_over() -> None:
    service = FakeService(lambda _: refused(503, {"retry-after": "7"}))
    with pytest.raises(ServiceError, match="wrong"):
        service.client().sessions.send("0a1b2c3d", LESSON[:1], patience=20)
    assert service.pauses == [7, 7]
    assert len(service.requests) == 3


def test_invalid_readings_are_not_sent_again() -> None:
    service = FakeService(lambda _: refused(422))
    with pytest.raises(ServiceError, match="wrong"):
        service.client().sessions.send("0a1b2c3d", LESSON[:1])
    assert (service.pauses, len(service.requests)) == ([], 1)


def test_timeline_is_requested_page_by_page() -> None:
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


def test_list_of_sessions_is_requested_page_by_page() -> None:
    following = {"": "0a1b2c3d", "0a1b2c3d": "1a1b2c3d", "1a1b2c3d": None}

    def page(request: httpx.Request) -> httpx.Response:
        found = following[request.url.params["before"]]
        listed = [SESSION | {"id": found or "2a1b2c3d"}]
        return httpx.Response(200, json={"sessions": listed, "next": found})

    listed = FakeService(page).client().sessions.all()
    assert [session.id for session in listed] == ["0a1b2c3d", "1a1b2c3d", "2a1b2c3d"]


def test_button_reports_of_a_room_are_parsed_into_samples() -> None:
    known = ReportSample(10.0, 28, 19, ReportCounts(9, 8, 1, 1), 3)
    few = ReportSample(5.0, 4)
    found = {"reports": [report_to_dict(few), report_to_dict(known)]}
    service = FakeService(lambda _: httpx.Response(200, json=found))
    assert service.client().sessions.reports("0a1b2c3d") == [few, known]
    assert service.requests[0].url.path == "/api/v1/sessions/0a1b2c3d/reports"


def test_request_is_repeated_until_the_service_accepts_it() -> None:
    answers = iter([refused(429), refused(503, {"retry-after": "3"})])
    written = httpx.Response(200, json={"accepted": 1, "repeated": 0, "mood": None, "alerts": []})
    service = FakeService(lambda _: next(answers, written))
    assert service.client().sessions.send("0a1b2c3d", LESSON[:1]).accepted == 1
    assert service.pauses == [2, 3]


def test_sending_no_frames_makes_no_request() -> None:
    service = FakeService(lambda _: httpx.Response(500))
    result = service.client().sessions.send("0a1b2c3d", [])
    assert (result.accepted, result.repeated, result.mood) == (0, 0, None)
    assert service.requests == []


def test_mood_is_none_until_the_session_has_a_mood() -> None:
    service = FakeService(lambda _: httpx.Response(200, json={"mood": None}))
    assert service.client().sessions.mood("0a1b2c3d") is None


def test_mark_is_added_now_or_at_a_given_time_and_deleted_by_time_and_label() -> None:
    service = FakeService(lambda _: httpx.Response(200, json={"time": 90.0, "label": "quiz & co"}))
    sessions = service.client().sessions
    mark = sessions.mark("0a1b2c3d", "quiz & co")
    assert mark == Mark(90.0, "quiz & co")
    sessions.mark("0a1b2c3d", "quiz & co", at=90.0)
    sessions.unmark("0a1b2c3d", mark)
    now, then, deleted = service.requests
    assert json.loads(now.content) == {"label": "quiz & co", "time": None}
    assert json.loads(then.content) == {"label": "quiz & co", "time": 90.0}
    assert (deleted.method, dict(deleted.url.params)) == (
        "DELETE",
        {"time": "90.0", "label": "quiz & co"},
    )


def test_export_requests_the_format_and_people_and_writes_the_file(tmp_path: Path) -> None:
    service = FakeService(lambda _: httpx.Response(200, content=b"PAR1"))
    service.client().sessions.export("1", tmp_path / "a", form="parquet", people=True)
    assert dict(service.requests[0].url.params) == {"format": "parquet", "people": "true"}
    assert (tmp_path / "a").read_bytes() == b"PAR1"
