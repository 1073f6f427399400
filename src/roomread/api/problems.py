"""Convert errors to problem details (RFC 9457)."""

from __future__ import annotations

import errno
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from roomread.api.logs import log
from roomread.errors import (
    BusyError,
    DatabaseError,
    MediaError,
    MissingExtraError,
    MissingLibraryError,
    OutputError,
    ProfileError,
    RoomreadError,
    RulesError,
    SessionError,
    SessionNotFoundError,
    WireError,
)
from roomread.jobs.admission import TooManyJobsError
from roomread.services.exporting import PeopleNotKeptError
from roomread.services.ingest import RecordedElsewhereError, SessionEndedError
from roomread.services.marking import SessionNotRunningError
from roomread.services.pictures import PictureTooLargeError
from roomread.services.purpose import PurposeError, PurposeFixedError
from roomread.services.rooms import RoomNotFoundError, RoomOverError
from roomread.services.teaching import (
    ProfileExistsError,
    ProfileNotFoundError,
    ProfileNotHelpfulError,
    TooManyProfilesError,
)
from roomread.services.teaching_request import ConsentMissingError
from roomread.services.videos import (
    EmptyVideoError,
    VideoFilesGoneError,
    VideoNotFinishedError,
    VideoNotFoundError,
    VideoResultNotFoundError,
)

MEDIA_TYPE = "application/problem+json"
# Error numbers of the operating system: no space on a disk or in a quota, and no free files,
# processes or memory.
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NO_FILES = frozenset({errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM})
_UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY
# The status, kind and hint of each error that a request can cause, subclasses before their bases;
# a hint of None stands for the hint of the error itself. Any other error is a failure of the
# service.
_ANSWERS: dict[type[RoomreadError], tuple[HTTPStatus, str, str | None]] = {
    EmptyVideoError: (_UNPROCESSABLE, "not-valid", None),
    PictureTooLargeError: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", None),
    MediaError: (_UNPROCESSABLE, "not-a-picture", None),
    MissingExtraError: (_UNPROCESSABLE, "not-available", None),
    MissingLibraryError: (_UNPROCESSABLE, "not-available", None),
    PurposeFixedError: (HTTPStatus.CONFLICT, "fixed", "ask the operator to change the variable"),
    PurposeError: (
        HTTPStatus.FORBIDDEN,
        "purpose",
        "ask a manager to change it with PUT /api/v1/settings/purpose",
    ),
    ProfileNotFoundError: (HTTPStatus.NOT_FOUND, "no-such-profile", None),
    ProfileExistsError: (HTTPStatus.CONFLICT, "is-there", "send replace=true to replace it"),
    TooManyProfilesError: (HTTPStatus.CONFLICT, "too-many-profiles", None),
    ProfileNotHelpfulError: (
        _UNPROCESSABLE,
        "not-a-profile",
        "send clearer or more pictures, or force=true",
    ),
    ConsentMissingError: (
        _UNPROCESSABLE,
        "not-a-profile",
        "send the field consent with who agreed, and how",
    ),
    ProfileError: (_UNPROCESSABLE, "not-a-profile", None),
    VideoNotFoundError: (HTTPStatus.NOT_FOUND, "no-such-video", None),
    VideoNotFinishedError: (HTTPStatus.CONFLICT, "not-finished", None),
    VideoFilesGoneError: (
        HTTPStatus.GONE,
        "files-gone",
        "send the request to the process that read the video, or send the video again",
    ),
    VideoResultNotFoundError: (HTTPStatus.NOT_FOUND, "no-such-result", None),
    RulesError: (_UNPROCESSABLE, "not-a-rule", None),
    SessionNotFoundError: (HTTPStatus.NOT_FOUND, "no-such-session", None),
    RoomNotFoundError: (
        HTTPStatus.NOT_FOUND,
        "no-such-room",
        "check the code, or ask for a new one",
    ),
    RoomOverError: (HTTPStatus.CONFLICT, "over", "create another room"),
    SessionEndedError: (HTTPStatus.CONFLICT, "ended", "create another session"),
    RecordedElsewhereError: (
        HTTPStatus.CONFLICT,
        "recorded-elsewhere",
        "create another session for your readings, and end this one where it was started",
    ),
    PeopleNotKeptError: (HTTPStatus.CONFLICT, "keeps-no-people", None),
    SessionNotRunningError: (
        HTTPStatus.CONFLICT,
        "not-running",
        "send the time, in seconds from the start",
    ),
    SessionError: (_UNPROCESSABLE, "not-valid", None),
    WireError: (_UNPROCESSABLE, "not-valid", "send frames as GET /api/v1/schema describes them"),
}


class Problem(BaseModel):
    """The problem details of a request (RFC 9457)."""

    type: str = Field(examples=["urn:roomread:problem:not-a-picture"])
    title: str = Field(examples=["Unprocessable Content"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["photo.jpg: damaged: image file is truncated"])
    hint: str = Field(default="", examples=["copy or download it again"])


class RefusedError(RoomreadError):
    """An error that becomes the HTTP response to a refused request.

    Args:
        status: The HTTP status.
        kind: The identifier of the problem for programs, such as `no-such-session`.
        problem: The problem in one sentence.
        hint: What the sender can do about the problem.
        headers: Headers of the response.
    """

    def __init__(
        self,
        status: HTTPStatus,
        kind: str,
        problem: str,
        *,
        hint: str = "",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(problem, hint=hint)
        self.status, self.kind, self.headers = status, kind, headers or {}

    def response(self) -> JSONResponse:
        """Return the refusal as a response."""
        return _respond(self.as_problem(), self.headers)

    def as_problem(self) -> Problem:
        """Return the refusal as problem details."""
        return _problem(self.status, self.kind, self.problem, self.hint)


def too_many_requests(problem: str, seconds: int) -> RefusedError:
    """Return the refusal for a sender that exceeds its rate limit.

    Args:
        problem: The problem in one sentence.
        seconds: The time to wait.
    """
    return RefusedError(
        HTTPStatus.TOO_MANY_REQUESTS,
        "too-many-requests",
        problem,
        hint=f"wait {seconds} s",
        headers={"Retry-After": str(seconds)},
    )


def busy(problem: str, *, seconds: int = 1) -> RefusedError:
    """Return the refusal for a service that is overloaded.

    Args:
        problem: The problem in one sentence.
        seconds: The time to wait before the next attempt.
    """
    return RefusedError(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "busy",
        problem,
        hint="try again in a moment",
        headers={"Retry-After": str(seconds)},
    )


def _problem(status: HTTPStatus, kind: str, detail: str, hint: str = "") -> Problem:
    return Problem(
        type=f"urn:roomread:problem:{kind}",
        title=status.phrase,
        status=status,
        detail=detail,
        hint=hint,
    )


class _ProblemResponse(JSONResponse):
    """A response with problem details, also to the handshake of a WebSocket."""

    media_type = MEDIA_TYPE

    def __init__(self, problem: Problem, headers: dict[str, str] | None = None) -> None:
        super().__init__(problem.model_dump(), problem.status, headers)
        self._kind = problem.type.rpartition(":")[2]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Record the refusal, and send the response."""
        note_refusal(scope, self._kind)
        await super().__call__(scope, receive, send)


def note_refusal(scope: Scope, kind: str) -> None:
    """Record why a request or WebSocket is refused, for the metrics."""
    scope.setdefault("state", {})["refusal"] = kind


def refusal_of(scope: Scope) -> str | None:
    """Return why a request or WebSocket was refused; None if it was not."""
    kind: str | None = scope.get("state", {}).get("refusal")
    return kind


def _respond(problem: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    return _ProblemResponse(problem, headers)


def as_refusal(error: RoomreadError) -> RefusedError:
    """Return the refusal that corresponds to an error of a lower layer."""
    if isinstance(error, RefusedError):
        return error
    if isinstance(error, TooManyJobsError):
        status, headers = HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": "60"}
        return RefusedError(
            status, "too-many-videos", error.problem, hint=error.hint, headers=headers
        )
    if isinstance(error, OutputError):
        # Hide the message, which may name the operator's folders.
        status = HTTPStatus.INSUFFICIENT_STORAGE
        return RefusedError(
            status, "no-space", "the service has no space left on disk", hint="try again later"
        )
    if isinstance(error, BusyError):
        return busy(error.problem, seconds=error.seconds)
    if isinstance(error, DatabaseError):
        # Hide the message, which names the operator's files and hosts.
        return busy("the database does not respond", seconds=10)
    status, kind, hint = next(
        (answer for of, answer in _ANSWERS.items() if isinstance(error, of)),
        (HTTPStatus.INTERNAL_SERVER_ERROR, "failed", None),
    )
    return RefusedError(status, kind, error.problem, hint=error.hint if hint is None else hint)


def failure(error: Exception | None = None) -> RefusedError:
    """Return the response to an unexpected error.

    Args:
        error: The error; None if only the fact that the request failed is known.
    """
    number = error.errno if isinstance(error, OSError) else None
    # Python finds no temporary folder that it can write to.
    no_folder = number == errno.ENOENT and "temporary directory" in str(error)
    if number in _NO_SPACE or no_folder:
        return as_refusal(OutputError("no space"))
    if number in _NO_FILES:
        return busy("the service's computer is out of memory, files or processes", seconds=5)
    problem = "the request failed because of an error in the service"
    return RefusedError(HTTPStatus.INTERNAL_SERVER_ERROR, "failed", problem)


def map_errors(app: FastAPI) -> None:
    """Register handlers that respond to every error with problem details."""

    @app.exception_handler(RoomreadError)
    async def _ours(_request: Request, error: RoomreadError) -> JSONResponse:
        if isinstance(error, DatabaseError):
            log("the database fails")
        return as_refusal(error).response()

    @app.exception_handler(HTTPException)
    async def _of_http(_request: Request, error: HTTPException) -> JSONResponse:
        status = HTTPStatus(error.status_code)
        kind = status.phrase.lower().replace(" ", "-")
        return _respond(_problem(status, kind, str(error.detail)), dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def _of_form(_request: Request, error: RequestValidationError) -> JSONResponse:
        first: dict[str, Any] = error.errors()[0]
        # Leave out the invalid value, which may be a picture.
        place = ".".join(str(part) for part in first["loc"])
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _respond(_problem(status, "not-valid", f"{place}: {first['msg']}"))


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the possible problems of a route for the OpenAPI document.

    Args:
        *statuses: The HTTP statuses of this route in addition to those of every route.
    """
    everywhere = (400, 401, 403, 429, 503)
    return {
        status: {
            "model": Problem,
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {}},
        }
        for status in sorted({*everywhere, *statuses})
    }
