"""`/api/v1/videos`: accept videos, and return jobs and their results."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from enum import StrEnum
from functools import partial
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
from roomread.api.streams import ReleasingStream
from roomread.api.uploads import open_form, safe_name
from roomread.services.accounts import Principal
from roomread.services.videos import VideoResult, VideoService

router = APIRouter(prefix="/api/v1/videos", tags=["videos"])
_PIECE_BYTES = 1 << 20
# Number of characters of a video's id in the audit log: enough to distinguish videos, but too few
# to access one.
_AUDITED = 6
_BINARY = {"type": "string", "contentMediaType": "application/octet-stream"}
_BODY = {
    "required": True,
    "description": "The video as the body, or as a file of a form.",
    "content": {
        "application/octet-stream": {"schema": _BINARY},
        "multipart/form-data": {
            "schema": {"type": "object", "required": ["file"], "properties": {"file": _BINARY}}
        },
    },
}


class ReadingsFormat(StrEnum):
    """The format of a video's readings."""

    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


_FILES = {
    ReadingsFormat.JSON: (VideoResult.READINGS_JSONL, "application/json"),
    ReadingsFormat.JSONL: (VideoResult.READINGS_JSONL, "application/x-ndjson"),
    ReadingsFormat.CSV: (VideoResult.READINGS_CSV, "text/csv; charset=utf-8"),
}


@router.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    summary="Submit a video",
    responses=responses(408, 413, 422),
    openapi_extra={"requestBody": _BODY},
)
async def submit(
    request: Request,
    response: Response,
    context: Context,
    sender: Sender,
    *,
    name: Annotated[
        str, Query(max_length=200, description="Your name for the video.")
    ] = "video.mp4",
    annotated: Annotated[
        bool, Query(description="Also write a copy with boxes and labels.")
    ] = False,
) -> VideoShape:
    """Accept a video, which is read in the background after the videos that were sent earlier.

    `GET /videos/{job_id}` returns its progress. Its results are kept for an hour.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        async with open_form(request, max_files=1) as form:
            file = next((v for _, v in form.multi_items() if isinstance(v, UploadFile)), None)
            if file is None:
                problem = "the form has no file"
                hint = "send the video in the field file, or as the body of the request"
                raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, "not-valid", problem, hint=hint)
            name, pieces = safe_name(file.filename), _pieces(file)
            shape = await _receive(context, sender, name, pieces, annotated=annotated)
    else:
        pieces = request.stream()
        shape = await _receive(context, sender, safe_name(name), pieces, annotated=annotated)
    audit("video sent", who=sender.id, job=shape.id[:_AUDITED])
    response.headers["Location"] = f"/api/v1/videos/{shape.id}"
    return shape


async def _receive(
    context: ServiceContext,
    sender: Principal,
    name: str,
    pieces: AsyncIterator[bytes],
    *,
    annotated: bool,
) -> VideoShape:
    receiving = _videos(context, sender).receive(name, annotated=annotated)
    with receiving as (job, path), path.open("xb") as target:
        async for piece in pieces:
            await to_thread.run_sync(target.write, piece)
    return video_shape(job)


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(_PIECE_BYTES):
        yield piece


@router.get("", summary="List your videos", responses=responses())
def list_all(context: Context, reader: Reader) -> VideosShape:
    """Return your stored videos, oldest first."""
    return VideosShape(videos=[video_shape(job) for job in _videos(context, reader).all()])


@router.get("/{job_id}", summary="Get a video", responses=responses(404))
def get(context: Context, reader: Reader, job_id: str) -> VideoShape:
    """Return the progress of a video."""
    return video_shape(_videos(context, reader).get(job_id))


@router.post("/{job_id}/cancel", summary="Cancel a video", responses=responses(404))
def cancel(context: Context, sender: Sender, job_id: str) -> VideoShape:
    """Stop reading a video within a second; the results up to then are kept."""
    return video_shape(_videos(context, sender).cancel(job_id))


@router.delete(
    "/{job_id}",
    status_code=HTTPStatus.NO_CONTENT,
    summary="Delete a video",
    responses=responses(404),
)
def forget(context: Context, sender: Sender, job_id: str) -> None:
    """Stop reading a video, and delete all its results."""
    _videos(context, sender).forget(job_id)
    audit("video forgotten", who=sender.id, job=job_id[:_AUDITED])


@router.get(
    "/{job_id}/readings",
    summary="Get the readings of a video",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "JSON and JSON lines contain an object for each frame, CSV a row for "
            "each face.",
            "content": {
                "application/json": {"schema": {"type": "array"}},
                "application/x-ndjson": {},
                "text/csv": {},
            },
        },
        **responses(404, 409, 410, 422),
    },
)
def readings(
    context: Context,
    reader: Reader,
    job_id: str,
    form: Annotated[
        ReadingsFormat, Query(alias="format", description="The format.")
    ] = ReadingsFormat.JSON,
) -> Response:
    """Return the readings of a video whose job has ended."""
    result, media_type = _FILES[form]
    path = _videos(context, reader).result(job_id, result)
    audit("readings read", who=reader.id, job=job_id[:_AUDITED])
    if form is ReadingsFormat.JSON:
        return ReleasingStream(readings_array(path), media_type=media_type)
    return FileResponse(path, media_type=media_type)


@router.get(
    "/{job_id}/annotated",
    summary="Get the annotated copy of a video",
    response_class=FileResponse,
    responses={
        200: {"description": "MP4.", "content": {"video/mp4": {}}},
        206: {
            "description": "The part that the header `Range` requests.",
            "content": {"video/mp4": {}},
        },
        416: {"description": "The requested part does not exist.", "content": {"text/plain": {}}},
        **responses(404, 409, 410),
    },
)
def annotated_copy(context: Context, reader: Reader, job_id: str) -> Response:
    """Return the annotated copy of a video that has been read, if a copy was requested."""
    path = _videos(context, reader).result(job_id, VideoResult.ANNOTATED)
    audit("annotated video read", who=reader.id, job=job_id[:_AUDITED])
    return FileResponse(path, media_type="video/mp4")


def _videos(context: ServiceContext, principal: Principal) -> VideoService:
    return VideoService(context.engine.job_queue, principal.id)


async def readings_array(path: Path) -> AsyncGenerator[str, None]:
    """Yield the JSON lines of a file as one JSON array, line by line."""
    separator = "["
    with await to_thread.run_sync(partial(path.open, encoding="utf-8")) as lines:
        async for line in iterate_in_threadpool(lines):
            yield separator + line.rstrip("\n")
            separator = ",\n"
    yield "]\n" if separator != "[" else "[]\n"
