"""Read the pictures of a request from its plain body, a form's files, or JSON with base64."""

from __future__ import annotations

import base64
import io
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import PurePath
from typing import Any
from urllib.parse import unquote_to_bytes

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
# Maximum size of a form's file in memory, bytes; larger files are kept on disk.
_FILE_IN_MEMORY = 1_000_000
# Number of characters of base64 that are decoded at a time.
_CHUNK = 1 << 16
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
# Characters that separate JSON values, and their maximum number. The parser uses up to 32 bytes for
# a value of two bytes. Sixteen pictures need fewer than 100 values, but their names can contain
# 3,200 of these characters.
_SEPARATORS = (b",", b"[", b"{")
_MAX_SEPARATORS = 5000


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
        # Ignore other content types, because `curl --data-binary` declares every body as a form.
        body = await _body(request, most=max_mb * 1_000_000)
        pictures = [EncodedPicture("picture", body.getvalue())]
    for picture in pictures:
        picture.check_size(max_mb)
    return pictures


async def _body(request: Request, *, most: int | None = None) -> io.BytesIO:
    """Return the body of a request, cut off after `most` + 1 bytes.

    Unlike `request.body()`, neither this function nor `getvalue()` of its result copies the body.
    """
    body = io.BytesIO()
    async for piece in request.stream():
        body.write(piece if most is None else piece[: most + 1 - body.tell()])
    return body


@asynccontextmanager
async def open_form(request: Request, *, max_files: int = MAX_PICTURES) -> AsyncIterator[FormData]:
    """Open a form with a limited number of files and fields.

    Args:
        request: The request, whose body has not been read yet.
        max_files: The maximum number of files.

    Raises:
        HTTPException: The form cannot be parsed.
    """
    parser = MultiPartParser(request.headers, request.stream(), max_files=max_files, max_fields=8)
    parser.spool_max_size = _FILE_IN_MEMORY
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, UnicodeError) as error:
        # A form may name a codec of Python that cannot decode any text.
        raise HTTPException(HTTPStatus.BAD_REQUEST, "the form cannot be parsed") from error
    try:
        yield form
    finally:
        await form.close()


def request_cap(context: ServiceContext) -> int:
    """Return the maximum body size of a request with pictures, bytes, allowing for base64."""
    return 3 * context.settings.max_picture_mb * 1_000_000


def safe_name(name: str | None) -> str:
    """Return a file's name without folders or control characters, at most 100 characters long."""
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


def _from_json(body: io.BytesIO, max_mb: int) -> list[EncodedPicture]:
    """Return the pictures of a JSON body, and close the body."""
    waiting = _parse(body).pictures[::-1]
    pictures = []
    while waiting:
        # Remove each picture, so that its base64 is freed once it is decoded.
        picture = waiting.pop()
        name = safe_name(picture.name)
        if len(picture.data) > 2 * max_mb * 1_000_000:
            # Base64 with line breaks is less than 1.5 times as large as its content.
            raise PictureTooLargeError(f"{name}: is over {max_mb} MB", hint="scale it down first")
        try:
            content = decode_base64(picture.data)
        except ValueError as error:
            raise _no_picture(f"{name}: is not base64") from error
        pictures.append(EncodedPicture(name, content))
    return pictures


def _parse(body: io.BytesIO) -> PicturesInput:
    with body:
        # Pass bytes to the parser, which does not copy them.
        plain = body.getvalue()
    if sum(plain.count(separator) for separator in _SEPARATORS) > _MAX_SEPARATORS:
        raise _no_picture("the body has too many values")
    try:
        return PicturesInput.model_validate_json(plain)
    except ValidationError as error:
        first: Any = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    raise _no_picture(f"{place or 'body'}: {first['msg']}")


def decode_base64(text: str) -> bytes:
    """Decode base64, also from a data URI, with line breaks, or in the URL-safe alphabet.

    The text is decoded in chunks, so that it is never copied as a whole.

    Raises:
        ValueError: The text is not base64.
    """
    decoded, rest, is_padded = io.BytesIO(), b"", False
    for chunk in _plain_chunks(text):
        plain = chunk.translate(_URL_SAFE, b" \t\n\r\v\f")
        digits = plain.rstrip(b"=")
        if b"=" in digits or (is_padded and digits):
            raise ValueError("there is padding within the base64")
        is_padded = is_padded or len(digits) < len(plain)
        digits = rest + digits
        whole = len(digits) // 4 * 4
        decoded.write(base64.b64decode(digits[:whole], validate=True))
        rest = digits[whole:]
    decoded.write(base64.b64decode(rest + b"=" * (-len(rest) % 4), validate=True))
    return decoded.getvalue()


def _plain_chunks(text: str) -> Iterator[bytes]:
    """Yield base64 text in chunks, without the prefix and the percent-encoding of a data URI."""
    start, is_uri = 0, text[:5].lower() == "data:"
    if is_uri:
        start = text.find(",") + 1
        if text[max(start - 8, 0) : start].lower() != ";base64,":
            raise ValueError("the data URI is not in base64")
    while start < len(text):
        end = start + _CHUNK
        if is_uri:
            # Do not split an escape, which has three characters.
            escape = text.rfind("%", end - 2, end)
            end = end if escape < 0 else escape + 3
            yield unquote_to_bytes(text[start:end])
        else:
            yield text[start:end].encode("ascii")
        start = end


def _no_picture(problem: str) -> RefusedError:
    hint = "send a picture as the body, as a file of a form, or as JSON with base64"
    return RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, "not-valid", problem, hint=hint)
