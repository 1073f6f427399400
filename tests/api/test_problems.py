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
def test_error_has_the_status_and_kind_of_its_class(
    error: RoomreadError, status: int, kind: str
) -> None:
    refusal = as_refusal(error)
    assert (refusal.status, refusal.kind) == (status, kind)


def test_busy_response_says_when_to_retry() -> None:
    assert as_refusal(BusyError("busy", seconds=7)).headers == {"Retry-After": "7"}
    assert busy("busy").headers == {"Retry-After": "1"}


@pytest.mark.parametrize(
    "error",
    [
        DatabaseError("/srv/roomread/roomread.db: disk I/O error", hint="see /srv"),
        OutputError("/srv/roomread/jobs/1: no space left", hint="see /srv"),
    ],
)
def test_response_contains_no_folder_of_the_operator(error: RoomreadError) -> None:
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


def test_error_of_a_route_becomes_problem_details(client: TestClient) -> None:
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


def test_unknown_path_becomes_problem_details(client: TestClient) -> None:
    answer = client.get("/nothing")
    assert (answer.status_code, answer.headers["content-type"]) == (404, MEDIA_TYPE)


def test_invalid_value_is_reported_by_its_path_without_quoting_it(client: TestClient) -> None:
    problem = client.get("/number/secret").json()
    assert problem["status"] == 422
    assert problem["detail"].startswith("path.number: ")
    assert "secret" not in str(problem)


def test_refused_error_is_returned_unchanged() -> None:
    refusal = RefusedError(HTTPStatus.FORBIDDEN, "forbidden", "no")
    assert as_refusal(refusal) is refusal
