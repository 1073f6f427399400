"""Read the pictures of a request from its plain body, a form's files, or JSON with base64."""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import PurePath
from typing import Any
from urllib.parse import unquote

from fastapi import Request
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser

from roomread.api.context import ServiceContext
from roomread.api.problems import RefusedError
from roomread.api.shapes import PicturesInput
from roomread.services.pictures import EncodedPicture, PictureTooLargeError

MAX_PICTURES = 16
# Larger files of a form are in temporary files until they are read.
_FILE_IN_MEMORY = 1_000_000
_URL_SAFE = str.maketrans("-_", "+/")


async def read_pictures(request: Request, context: ServiceContext) -> list[EncodedPicture]:
    """Return the pictures of a request with any of the accepted content types.

    Raises:
        RefusedError: The request has no picture, or too many.
        PictureTooLargeError: A picture is larger than the operator allows.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    max_mb = context.settings.max_picture_mb
    if kind == "multipart/form-data":
        pictures = await _from_form(request)
    elif kind == "application/json":
        pictures = _from_json(await _body(request), max_mb)
    else:
        # `curl --data-binary` declares every body as a form, so the content decides.
        body = await _body(request, most=max_mb * 1_000_000)
        pictures = [EncodedPicture("picture", bytes(body))]
    for picture in pictures:
        picture.check_size(max_mb)
    return pictures


async def _body(request: Request, *, most: int | None = None) -> bytearray:
    """Return the body of a request, at most one byte more than `most`.

    Unlike `request.body()`, it never holds the body in memory twice.
    """
    body = bytearray()
    async for piece in request.stream():
        body += piece if most is None else piece[: most + 1 - len(body)]
    return body


@asynccontextmanager
async def open_form(request: Request) -> AsyncIterator[FormData]:
    """Open a form with up to `MAX_PICTURES` files.

    Raises:
        HTTPException: The form cannot be parsed.
    """
    parser = MultiPartParser(
        request.headers, request.stream(), max_files=MAX_PICTURES, max_fields=8
    )
    parser.spool_max_size = _FILE_IN_MEMORY
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError) as error:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "the form cannot be parsed") from error
    try:
        yield form
    finally:
        await form.close()


def request_cap(context: ServiceContext) -> int:
    """Return the maximum body size of a request with pictures, with base64, bytes."""
    return 3 * context.settings.max_picture_mb * 1_000_000


def safe_name(name: str | None) -> str:
    """Return a file's name without folders and control characters, at most 100 characters long."""
    last = PurePath((name or "").replace("\\", "/")).name
    shown = "".join(character for character in last if character.isprintable())
    return shown[:100] or "picture"


async def _from_form(request: Request) -> list[EncodedPicture]:
    async with open_form(request) as form:
        files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
        # Browsers send an empty file field as a file without a name.
        files = [file for file in files if file.filename or file.size]
        if not files:
            raise _no_picture("the form has no file")
        return [EncodedPicture(safe_name(file.filename), await file.read()) for file in files]


def _from_json(body: bytearray, max_mb: int) -> list[EncodedPicture]:
    try:
        parsed = PicturesInput.model_validate_json(body)
    except ValidationError as error:
        first: Any = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise _no_picture(f"{place or 'body'}: {first['msg']}") from None
    pictures = []
    for picture in parsed.pictures:
        name = safe_name(picture.name)
        if len(picture.data) > 2 * max_mb * 1_000_000:
            # Before several copies are made of it; base64 and line breaks add less than half.
            raise PictureTooLargeError(f"{name}: is over {max_mb} MB", hint="scale it down first")
        try:
            content = decode_base64(picture.data)
        except (binascii.Error, ValueError) as error:
            raise _no_picture(f"{name}: is not base64") from error
        pictures.append(EncodedPicture(name, content))
    return pictures


def decode_base64(text: str) -> bytes:
    """Decode base64, also from a data URI, with line breaks, or in the URL-safe alphabet.

    Raises:
        ValueError: the text is not base64.
    """
    head, data = "", text
    if text[:5].lower() == "data:":
        head, _, data = text.partition(",")
        data = unquote(data)
    if head and not head.lower().endswith(";base64"):
        raise ValueError("the data URI is not in base64")
    plain = "".join(data.split()).rstrip("=").translate(_URL_SAFE)
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)


def _no_picture(problem: str) -> RefusedError:
    hint = "send a picture as the body, as a file of a form, or as JSON with base64"
    return RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, "not-valid", problem, hint=hint)
