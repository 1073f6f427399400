"""`POST /api/v1/analyze`: read the faces of pictures."""

from __future__ import annotations

import base64
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from roomread.api.context import Context, Sender, ServiceContext
from roomread.api.owned_profiles import analyzer_with
from roomread.api.problems import as_refusal, responses
from roomread.api.shapes import (
    PictureShape,
    PicturesShape,
    UnreadPicture,
    picture_shape,
)
from roomread.api.uploads import MAX_PICTURES, read_pictures
from roomread.errors import MediaError
from roomread.pipeline import Analyzer
from roomread.services.pictures import AnalyzedPicture, EncodedPicture, analyze_picture

router = APIRouter(prefix="/api/v1", tags=["pictures"])
_EXAMPLE = {"pictures": [{"name": "photo.jpg", "data": "/9j/4AAQSkZJRgABAQ…"}]}
_BINARY = {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}
_BODY = {
    "required": True,
    "description": "One picture as the body, or up to 16 as files of a form or as JSON.",
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
    "description": "The faces, or the annotated picture if `annotated=1` and one picture is sent.",
    "content": {"image/jpeg": {"schema": {"type": "string", "contentMediaType": "image/jpeg"}}},
}


@router.post(
    "/analyze",
    summary="Read the faces of pictures",
    response_model=PicturesShape,
    # Omit states and annotated pictures that were not requested.
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
            description="Names of your profiles, such as `asha,confused`. The profile of a person "
            "is used only for pictures with one face.",
        ),
    ] = "",
    oneself: Annotated[
        bool,
        Query(
            description="Whether the pictures show you; then only the largest face of each is "
            "read. Required where the purpose of the service forbids reading other people."
        ),
    ] = False,
) -> PicturesShape | Response:
    """Read one or several pictures, without storing anything.

    For several pictures, the response contains the faces or the problem of each. With `annotated=1`
    the response to a single picture is the annotated picture itself, unless `Accept` names JSON.
    """
    analyzer = await analyzer_with(context, sender, profiles)
    pictures = await read_pictures(request, context)
    as_json = "application/json" in request.headers.get("accept", "")
    with context.limiter.slot():
        if len(pictures) == 1:
            analyzed = await _analyze(context, analyzer, pictures[0], oneself=oneself)
            if annotated and not as_json:
                return Response(await _jpeg(context, analyzed), media_type="image/jpeg")
            return PicturesShape(pictures=[await _shape(context, analyzed, annotated=annotated)])
        answers: list[PictureShape | UnreadPicture] = []
        for index, picture in enumerate(pictures):
            try:
                analyzed = await _analyze(context, analyzer, picture, index, oneself=oneself)
                answers.append(await _shape(context, analyzed, annotated=annotated))
            except MediaError as error:
                problem = as_refusal(error).as_problem()
                answers.append(UnreadPicture(source=picture.name, problem=problem))
        return PicturesShape(pictures=answers)


async def analyze_and_draw(
    context: ServiceContext, picture: EncodedPicture
) -> tuple[AnalyzedPicture, bytes]:
    """Return the readings of one picture, and its annotated copy as JPEG.

    Raises:
        BusyError: Too many pictures are being read already.
        MediaError: The picture cannot be read.
    """
    with context.limiter.slot():
        analyzed = await _analyze(context, context.engine.analyzer, picture)
        return analyzed, await _jpeg(context, analyzed)


async def _analyze(
    context: ServiceContext,
    analyzer: Analyzer,
    picture: EncodedPicture,
    index: int = 0,
    *,
    oneself: bool = False,
) -> AnalyzedPicture:
    analyzed = await context.limiter.run(
        lambda: analyze_picture(picture, context.engine, analyzer, index=index, oneself=oneself)
    )
    context.metrics.pictures.inc()
    context.metrics.faces.inc(len(analyzed.readings))
    return analyzed


async def _jpeg(context: ServiceContext, analyzed: AnalyzedPicture) -> bytes:
    return await context.limiter.run(analyzed.jpeg)


async def _shape(
    context: ServiceContext, analyzed: AnalyzedPicture, *, annotated: bool
) -> PictureShape:
    shape = picture_shape(analyzed.frame, analyzed.readings)
    if annotated:
        shape.annotated = base64.b64encode(await _jpeg(context, analyzed)).decode()
    return shape
