"""`POST /api/v1/analyze`: pictures in, faces out."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import PurePath
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from PIL import Image
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.responses import Response

from roomread.api.context import Context, Sender, ServiceContext
from roomread.api.owned_profiles import load_profiles
from roomread.api.problems import RefusedError, as_refusal, responses
from roomread.api.shapes import (
    PictureShape,
    PicturesInput,
    PicturesShape,
    UnreadPicture,
    picture_shape,
)
from roomread.errors import MediaError
from roomread.media import draw_readings
from roomread.pipeline import Analyzer
from roomread.readings import Frame, Reading
from roomread.services.accounts import Principal

router = APIRouter(prefix="/api/v1", tags=["pictures"])
MAX_PICTURES = 16
_EXAMPLE = {"pictures": [{"name": "photo.jpg", "data": "/9j/4AAQSkZJRgABAQ…"}]}
_BINARY = {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}
_BODY = {
    "required": True,
    "description": "One picture as it is, or up to 16 as a form's files or as JSON.",
    "content": {
        "image/jpeg": {},
        "application/octet-stream": _BINARY,
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": MAX_PICTURES,
                        "items": {
                            "type": "string",
                            "contentMediaType": "application/octet-stream",
                        },
                    }
                },
            }
        },
        "application/json": {
            "schema": {"$ref": "#/components/schemas/PicturesInput"},
            "example": _EXAMPLE,
        },
    },
}
_ANSWER = {
    "description": "The faces; or the drawn picture itself, where one was sent and `annotated=1`.",
    "content": {"image/jpeg": {"schema": {"type": "string", "contentMediaType": "image/jpeg"}}},
}


@dataclass(frozen=True, slots=True)
class Sent:
    """A picture as it was sent: its name, and the encoded bytes."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """A picture that was read, and its drawn copy as JPEG where it was asked for."""

    frame: Frame
    readings: list[Reading]
    drawn: bytes


@router.post(
    "/analyze",
    summary="Read the faces of pictures",
    response_model=PicturesShape,
    # Nothing is said of states and drawn pictures where none were asked for.
    response_model_exclude_unset=True,
    responses={200: _ANSWER, **responses(404, 408, 413, 415, 422)},
    openapi_extra={"requestBody": _BODY},
)
async def analyze(
    request: Request,
    context: Context,
    sender: Sender,
    *,
    annotated: Annotated[
        bool, Query(description="Draw boxes and labels into the picture.")
    ] = False,
    profiles: Annotated[
        str,
        Query(
            max_length=1000,
            description="Of yours, such as `asha,confused`; a person's is used "
            "for the only face of a picture.",
        ),
    ] = "",
) -> PicturesShape | Response:
    """Reads one picture, or several, and keeps nothing of them.

    Of several, each has its faces or its problem. With `annotated=1` a single picture's answer is
    the drawn picture itself, unless `Accept` names JSON.
    """
    analyzer = await _with_profiles(context, sender, profiles)
    sent = await read_pictures(request, context)
    as_json = "application/json" in request.headers.get("accept", "")
    with context.limiter.slot():
        if len(sent) == 1:
            read = await _read(context, analyzer, sent[0], 0, annotated=annotated)
            if annotated and not as_json:
                return Response(read.drawn, media_type="image/jpeg")
            return PicturesShape(pictures=[_shape(read)])
        pictures: list[PictureShape | UnreadPicture] = []
        for index, picture in enumerate(sent):
            try:
                read = await _read(context, analyzer, picture, index, annotated=annotated)
                pictures.append(_shape(read))
            except MediaError as error:
                problem = as_refusal(error).as_problem()
                pictures.append(UnreadPicture(source=picture.name, problem=problem))
        return PicturesShape(pictures=pictures)


async def read_picture(context: ServiceContext, sent: Sent) -> Read:
    """One picture, read and drawn, when there is a place.

    Raises:
        RefusedError: too much is being read already.
        MediaError: it cannot be read.
    """
    with context.limiter.slot():
        return await _read(context, context.engine.analyzer, sent, 0, annotated=True)


async def _with_profiles(context: ServiceContext, sender: Principal, names: str) -> Analyzer:
    """The analyzer with the sender's profiles of these names, comma-separated."""
    if not names:
        return context.engine.analyzer

    def work() -> Analyzer:
        taught = load_profiles(context, sender, names)
        return context.engine.analyzer.with_profiles(taught)

    return await run_in_threadpool(work)


async def _read(
    context: ServiceContext, analyzer: Analyzer, sent: Sent, index: int, *, annotated: bool
) -> Read:
    def work() -> Read:
        frame = context.engine.frame(sent.content, sent.name, index=index)
        readings = analyzer.analyze_frame(frame)
        drawn = _jpeg(frame, readings) if annotated else b""
        return Read(frame, readings, drawn)

    read = await context.limiter.run(work)
    context.metrics.pictures.inc()
    context.metrics.faces.inc(len(read.readings))
    return read


def _jpeg(frame: Frame, readings: list[Reading]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(draw_readings(frame.image, readings)).save(file, "JPEG", quality=90)
    return file.getvalue()


def _shape(read: Read) -> PictureShape:
    shape = picture_shape(read.frame, read.readings)
    if read.drawn:
        shape.annotated = base64.b64encode(read.drawn).decode()
    return shape


async def read_pictures(request: Request, context: ServiceContext) -> list[Sent]:
    """The pictures of a request, of whatever kind it is.

    Raises:
        RefusedError: there is none, there are too many, or one is too large.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        sent = await _of_form(request, context)
    elif kind == "application/json":
        sent = _of_json(await request.body())
    else:
        # curl --data-binary calls a picture a form; the content tells what it is.
        sent = [Sent("picture", await request.body())]
    for picture in sent:
        check_picture(context, picture.name, picture.content)
    return sent


def check_picture(context: ServiceContext, name: str, content: bytes) -> None:
    """Sees that an encoded picture is not too large.

    Raises:
        RefusedError: it is.
    """
    cap = context.settings.max_picture_mb
    if len(content) > cap * 1_000_000:
        problem, hint = f"{name}: over {cap} MB", "scale it down first"
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        raise RefusedError(status, "too-large", problem, hint=hint)


@asynccontextmanager
async def open_form(request: Request, context: ServiceContext) -> AsyncIterator[FormData]:
    """A form with up to `MAX_PICTURES` files.

    Raises:
        HTTPException: it cannot be read.
    """
    parser = MultiPartParser(
        request.headers, request.stream(), max_files=MAX_PICTURES, max_fields=8
    )
    # Pictures stay in memory; the body's own limit bounds them.
    parser.spool_max_size = request_cap(context)
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError) as error:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "this form cannot be read") from error
    try:
        yield form
    finally:
        await form.close()


async def _of_form(request: Request, context: ServiceContext) -> list[Sent]:
    async with open_form(request, context) as form:
        files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
        # A page's empty file field comes as a file without a name.
        files = [file for file in files if file.filename or file.size]
        if not files:
            raise _no_picture("the form has no file")
        return [Sent(safe_name(file.filename), await file.read()) for file in files]


def _of_json(body: bytes) -> list[Sent]:
    try:
        asked = PicturesInput.model_validate_json(body)
    except ValidationError as error:
        first: Any = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise _no_picture(f"{place or 'body'}: {first['msg']}") from None
    sent = []
    for picture in asked.pictures:
        try:
            content = base64.b64decode(picture.data, validate=True)
        except (binascii.Error, ValueError) as error:
            raise _no_picture(f"{safe_name(picture.name)}: not base64") from error
        sent.append(Sent(safe_name(picture.name), content))
    return sent


def request_cap(context: ServiceContext) -> int:
    """The most bytes of a request with pictures; base64 and a form's lines included."""
    return 3 * context.settings.max_picture_mb * 1_000_000


def safe_name(name: str | None) -> str:
    """A name to show: no folders, nothing that a terminal obeys, not too long."""
    last = PurePath((name or "").replace("\\", "/")).name
    shown = "".join(character for character in last if character.isprintable())
    return shown[:100] or "picture"


def _no_picture(problem: str) -> RefusedError:
    hint = "send a picture as it is, as a form's file, or as JSON with base64"
    return RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, "not-valid", problem, hint=hint)
