"""`/api/v1/videos`: videos in, jobs out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import iterate_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import FileResponse, StreamingResponse

from roomread.api.context import Context, Reader, Sender, ServiceContext
from roomread.api.logs import audit
from roomread.api.problems import RefusedError, responses
from roomread.api.shapes import VideoShape, VideosShape, video_shape
from roomread.api.uploads import safe_name
from roomread.jobs.video_job import VideoJob
from roomread.services.accounts import Principal

router = APIRouter(prefix="/api/v1/videos", tags=["videos"])
_PIECE = 1 << 20
_BINARY = {"type": "string", "contentMediaType": "application/octet-stream"}
_BODY = {
    "required": True,
    "description": "The video as it is, or as a form's file.",
    "content": {
        "application/octet-stream": {"schema": _BINARY},
        "multipart/form-data": {
            "schema": {"type": "object", "required": ["file"], "properties": {"file": _BINARY}}
        },
    },
}


class Form(StrEnum):
    """How a video's readings are written."""

    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


_FILES = {
    Form.JSON: ("readings.jsonl", "application/json"),
    Form.JSONL: ("readings.jsonl", "application/x-ndjson"),
    Form.CSV: ("readings.csv", "text/csv; charset=utf-8"),
}


@router.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    summary="Send a video to be read",
    responses=responses(408, 413, 422),
    openapi_extra={"requestBody": _BODY},
)
async def send(
    request: Request,
    response: Response,
    context: Context,
    sender: Sender,
    *,
    name: Annotated[str, Query(max_length=200, description="Of the video.")] = "video.mp4",
    annotated: Annotated[bool, Query(description="Draw boxes and labels into a copy.")] = False,
) -> VideoShape:
    """Takes a video and reads it in the background, after those that came before it.

    Ask `GET /videos/{id}` how far it is. Results are kept for an hour.
    """
    board = context.engine.board
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        async with request.form(max_files=1, max_fields=8) as form:
            file = next((v for _, v in form.multi_items() if isinstance(v, UploadFile)), None)
            if file is None:
                problem = "the form has no file"
                raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, "not-valid", problem)
            named = safe_name(file.filename)
            with board.taking(named, owner=sender.id, annotated=annotated) as (job, path):
                await _write(path, _pieces(file))
    else:
        named = safe_name(name)
        with board.taking(named, owner=sender.id, annotated=annotated) as (job, path):
            await _write(path, request.stream())
    audit("video sent", who=sender.id, job=job.record.id[:6])
    response.headers["Location"] = f"/api/v1/videos/{job.record.id}"
    return video_shape(job.record)


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(_PIECE):
        yield piece


async def _write(path: Path, pieces: AsyncIterator[bytes]) -> None:
    size = 0
    with path.open("xb") as target:
        async for piece in pieces:
            size += len(piece)
            await to_thread.run_sync(target.write, piece)
    if not size:
        problem = "the video has no bytes"
        raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, "not-valid", problem)


@router.get("", summary="Your videos", responses=responses())
async def list_all(context: Context, reader: Reader) -> VideosShape:
    """The asker's own videos that are still kept."""
    jobs = context.engine.board.of(reader.id)
    return VideosShape(videos=[video_shape(job.record) for job in jobs])


@router.get("/{job_id}", summary="How far a video is", responses=responses(404))
async def look(context: Context, reader: Reader, job_id: str) -> VideoShape:
    """How far a video is read."""
    return video_shape(_job(context, reader, job_id).record)


@router.post("/{job_id}/cancel", summary="Stop reading", responses=responses(404))
async def cancel(context: Context, sender: Sender, job_id: str) -> VideoShape:
    """Stops reading within a second; what was read until then is kept."""
    job = context.engine.board.cancel(job_id, owner=sender.id)
    return video_shape(_found(job).record)


@router.delete(
    "/{job_id}",
    status_code=HTTPStatus.NO_CONTENT,
    summary="Forget a video",
    responses=responses(404),
)
async def forget(context: Context, sender: Sender, job_id: str) -> None:
    """Stops reading, and removes all that was made of the video."""
    job = _job(context, sender, job_id)
    context.engine.board.forget(job.record.id, owner=sender.id)
    audit("video forgotten", who=sender.id, job=job_id[:6])


@router.get(
    "/{job_id}/readings",
    summary="What was read",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "A row or object for each face or frame.",
            "content": {
                "application/json": {"schema": {"type": "array"}},
                "application/x-ndjson": {},
                "text/csv": {},
            },
        },
        **responses(404, 409, 422),
    },
)
async def readings(
    context: Context,
    reader: Reader,
    job_id: str,
    form: Annotated[Form, Query(alias="format", description="As the CLI writes it.")] = Form.JSON,
) -> Response:
    """The readings of a video that has ended."""
    name, media_type = _FILES[form]
    path = _result(_job(context, reader, job_id), name)
    audit("readings read", who=reader.id, job=job_id[:6])
    if form is Form.JSON:
        return StreamingResponse(iterate_in_threadpool(_array(path)), media_type=media_type)
    return FileResponse(path, media_type=media_type)


@router.get(
    "/{job_id}/annotated",
    summary="The drawn copy",
    response_class=FileResponse,
    responses={
        200: {"description": "MP4.", "content": {"video/mp4": {}}},
        206: {"description": "A part of it, as `Range` asked.", "content": {"video/mp4": {}}},
        416: {"description": "There is no such part.", "content": {"text/plain": {}}},
        **responses(404, 409),
    },
)
async def drawn(context: Context, reader: Reader, job_id: str) -> Response:
    """The drawn copy of a video that has ended, where it was asked for."""
    path = _result(_job(context, reader, job_id), "annotated.mp4")
    audit("drawn video read", who=reader.id, job=job_id[:6])
    return FileResponse(path, media_type="video/mp4")


def _job(context: ServiceContext, principal: Principal, job_id: str) -> VideoJob:
    return _found(context.engine.board.get(job_id, owner=principal.id))


def _found(job: VideoJob | None) -> VideoJob:
    if job is None:
        raise RefusedError(
            HTTPStatus.NOT_FOUND, "no-such-video", "there is no such video", hint="or no longer"
        )
    return job


def _result(job: VideoJob, name: str) -> Path:
    if not job.finished:
        raise RefusedError(
            HTTPStatus.CONFLICT, "not-finished", "this video is not read to its end yet"
        )
    if not job.has_files:
        raise RefusedError(
            HTTPStatus.GONE,
            "files-gone",
            "the files of this video lie with another process, or are gone",
            hint="ask the process that read it, or send the video again",
        )
    path = job.folder / name
    if not path.exists():
        raise RefusedError(
            HTTPStatus.NOT_FOUND, "no-such-result", f"there is no {name} of this video"
        )
    return path


def _array(path: Path) -> Iterator[str]:
    """JSON lines as one array, without ever holding all of them."""
    separator = "["
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield separator + line.rstrip("\n")
            separator = ",\n"
    yield "]\n" if separator != "[" else "[]\n"
