from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from classes import frame as readings_of
from roomread.api.schema import FrameShape, frame_shape, router
from roomread.readings import Expression
from roomread.wire import FrameReadings, frame_from_dict, frame_to_dict, json_schema
from roomread.wire.example import example_frame

FACES = readings_of(1.5, {1: Expression.HAPPY, 2: None})
FRAME = FrameReadings("lesson", 1.5, 3, 1920, 1080, tuple(FACES))

app = FastAPI()
app.include_router(router)


@app.get("/frame")
def frame() -> FrameShape:
    return frame_shape(FRAME)


@pytest.fixture
def http() -> TestClient:
    return TestClient(app)


def test_json_schema_of_readings_is_published(http: TestClient) -> None:
    answer = http.get("/api/v1/schema")
    assert answer.headers["content-type"] == "application/schema+json"
    assert answer.json() == json_schema()


def test_openapi_document_contains_the_published_schema_of_readings(http: TestClient) -> None:
    components: dict[str, Any] = http.get("/openapi.json").json()["components"]["schemas"]
    definitions = json_schema()["$defs"]
    # FastAPI leaves nulls out of examples.
    (face,) = components["FaceShape"].pop("examples")
    (whole,) = components["FrameShape"].pop("examples")
    assert frame_from_dict(whole) == example_frame()
    assert whole["faces"] == [face]
    assert components["FaceShape"] == definitions["Face"]
    expected = definitions["Frame"]
    expected["properties"]["faces"]["items"] = {"$ref": "#/components/schemas/FaceShape"}
    assert components["FrameShape"] == expected


def test_frame_in_a_response_has_the_same_format_as_a_frame_in_a_file(http: TestClient) -> None:
    assert http.get("/frame").json() == frame_to_dict(FRAME)
