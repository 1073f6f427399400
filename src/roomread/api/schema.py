"""Add the schema of readings from `roomread.wire` to the OpenAPI document."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, GetJsonSchemaHandler, RootModel
from pydantic_core import CoreSchema
from starlette.responses import JSONResponse

from roomread.api.problems import responses
from roomread.wire import FACE, FRAME, FrameReadings, frame_to_dict, json_schema
from roomread.wire.example import example_frame

router = APIRouter(prefix="/api/v1", tags=["schema"])
_EXAMPLE = frame_to_dict(example_frame())


class FaceShape(RootModel[dict[str, Any]]):
    """One face. Its expression is what the face shows, not what the person feels."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, _core_schema: CoreSchema, _handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return FACE.schema() | {"examples": _EXAMPLE["faces"]}


class FrameShape(BaseModel):
    """One frame and its faces, the largest first."""

    schema_version: Any
    source: Any
    time: Any
    frame_index: Any
    width: Any
    height: Any
    signal: Any
    faces: list[FaceShape]

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        # Use only the reference to the faces from pydantic's schema.
        made = handler.resolve_ref_schema(handler(core_schema))
        schema = FRAME.schema()
        schema["properties"]["faces"]["items"] = made["properties"]["faces"]["items"]
        return schema | {"examples": [_EXAMPLE]}


class SchemaResponse(JSONResponse):
    """A response that contains a JSON Schema."""

    media_type = "application/schema+json"


def frame_shape(frame: FrameReadings) -> FrameShape:
    """Return the response model of one frame."""
    return FrameShape.model_validate(frame_to_dict(frame))


@router.get(
    "/schema",
    summary="Get the schema of readings",
    response_class=SchemaResponse,
    responses=responses(),
)
def schema() -> SchemaResponse:
    """Return the JSON Schema (draft 2020-12) of frames, faces and readings."""
    return SchemaResponse(json_schema())
