from __future__ import annotations

import inspect
from http import HTTPStatus

import pytest

pytest.importorskip("fastapi", reason="needs the app extra")

from fastapi import FastAPI
from starlette.testclient import TestClient

from roomread import errors
from roomread.api.problems import MEDIA_TYPE, RefusedError, as_refusal, busy, map_errors
from roomread.errors import (
    BusyError,
    DatabaseError,
    MediaError,
    ModelFileError,
    OutputError,
    RoomreadError,
    SessionNotFoundError,
)
from roomread.services.exporting import PeopleNotKeptError
from roomread.services.ingest import RecordedElsewhereError, SessionEndedError
from roomread.services.pictures import PictureTooLargeError
from roomread.services.videos import VideoFilesGoneError, VideoNotFinishedError, VideoNotFoundError


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (MediaError("a.jpg: damaged"), 422, "not-a-picture"),
        (PictureTooLargeError("a.jpg: over 1 MB"), 413, "too-large"),
        (SessionNotFoundError("there is no session '1'"), 404, "no-such-session"),
        (SessionEndedError("session 1 has ended"), 409, "ended"),
        (RecordedElsewhereError("session 1 is recorded from 0"), 409, "recorded-elsewhere"),
        (
            PeopleNotKeptError("session 1 has no readings of individual people"),
            409,
            "keeps-no-people",
        ),
        (VideoNotFoundError("there is no such video"), 404, "no-such-video"),
        (VideoNotFinishedError("not yet"), 409, "not-finished"),
        (VideoFilesGoneError("gone"), 410, "files-gone"),
        (BusyError("busy", seconds=7), 503, "busy"),
        (ModelFileError("model.onnx: damaged"), 500, "failed"),
    ],
)
def test_each_error_class_has_its_http_status_and_problem_type(
    error: RoomreadError, status: int, kind: str
) -> None:
    refusal = as_refusal(error)
    assert (refusal.status, refusal.kind) == (status, kind)


def test_busy_response_has_a_retry_after_header() -> None:
    assert as_refusal(BusyError("busy", seconds=7)).headers == {"Retry-After": "7"}
    assert busy("busy").headers == {"Retry-After": "1"}


@pytest.mark.parametrize(
    "error",
    [
        DatabaseError("/srv/roomread/roomread.db: disk I/O error", hint="see /srv"),
        OutputError("/srv/roomread/jobs/1: no space left", hint="see /srv"),
    ],
)
def test_problem_response_contains_no_path_on_the_server(error: RoomreadError) -> None:
    problem = as_refusal(error).as_problem()
    assert "/srv" not in problem.model_dump_json()
    assert problem.hint


@pytest.mark.parametrize(
    "kind",
    [
        e
        for _, e in inspect.getmembers(errors, inspect.isclass)
        if e.__module__ == "roomread.errors" and issubclass(e, RoomreadError)
    ],
)
def test_every_core_error_has_an_http_status(kind: type[RoomreadError]) -> None:
    error = kind.__new__(kind)
    RoomreadError.__init__(error, "what happened", hint="what to do")
    for name, value in (("seconds", 1), ("address", "http://127.0.0.1:1")):
        setattr(error, name, value)
    assert as_refusal(error).status in set(HTTPStatus)


@pytest.fixture
def client() -> TestClient:
    api = FastAPI()
    map_errors(api)

    @api.get("/damaged")
    def damaged() -> None:
        raise MediaError("a.jpg: damaged", hint="copy it again")

    @api.get("/number/{number}")
    def number(number: int) -> int:
        return number

    return TestClient(api)


def test_error_raised_by_a_route_is_returned_as_problem_details(client: TestClient) -> None:
    answer = client.get("/damaged")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.json() == {
        "type": "urn:roomread:problem:not-a-picture",
        "title": HTTPStatus.UNPROCESSABLE_ENTITY.phrase,
        "status": 422,
        "detail": "a.jpg: damaged",
        "hint": "copy it again",
    }


def test_request_for_an_unknown_path_is_answered_with_problem_details(client: TestClient) -> None:
    answer = client.get("/nothing")
    assert (answer.status_code, answer.headers["content-type"]) == (404, MEDIA_TYPE)


def test_error_for_an_invalid_parameter_names_the_parameter_but_not_its_value(
    client: TestClient,
) -> None:
    problem = client.get("/number/secret").json()
    assert problem["status"] == 422
    assert problem["detail"].startswith("path.number: ")
    assert "secret" not in str(problem)


def test_as_refusal_returns_a_refused_error_unchanged() -> None:
    refusal = RefusedError(HTTPStatus.FORBIDDEN, "forbidden", "no")
    assert as_refusal(refusal) is refusal
