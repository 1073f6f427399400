from __future__ import annotations

import asyncio
import base64
import io
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="needs the app extra")

from PIL import Image, UnidentifiedImageError
from starlette.testclient import TestClient

from api_client import client_of
from roomread import Analyzer
from roomread.api import analyze
from roomread.api.analyze import analyze_and_draw
from roomread.api.context import ServiceContext
from roomread.api.metrics import Metrics
from roomread.errors import BusyError, MediaError, ProfileError
from roomread.readings import Frame
from roomread.services.capacity import ConcurrencyLimiter
from roomread.services.pictures import EncodedPicture
from roomread.testing import FixedClassifier, FixedDetector

URL = "/api/v1/analyze"
SMALL, LARGE = (10.0, 10.0, 60.0, 70.0), (80.0, 20.0, 180.0, 140.0)


def decode(content: bytes, name: str, *, index: int = 0) -> Frame:
    """Decode a picture in this process instead of a worker process."""
    try:
        image = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    except UnidentifiedImageError:
        raise MediaError(f"{name}: is not a picture", hint="JPEG and PNG are") from None
    return Frame(image, 0.0, index, name)


def photo() -> bytes:
    """Return a picture of noise as PNG; `FixedDetector` finds its faces in any picture."""
    noise = np.random.default_rng(7).integers(0, 256, (160, 200, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG")
    return file.getvalue()


PHOTO = photo()


@pytest.fixture
def context() -> SimpleNamespace:
    analyzer = Analyzer(detector=FixedDetector([SMALL, LARGE]), classifier=FixedClassifier())
    return SimpleNamespace(
        engine=SimpleNamespace(analyzer=analyzer, frame=decode),
        limiter=ConcurrencyLimiter(running=1, waiting=0),
        settings=SimpleNamespace(max_picture_mb=1),
        metrics=Metrics(),
    )


@pytest.fixture
def client(context: SimpleNamespace) -> TestClient:
    return client_of(analyze.router, context)


def problem(response: Any) -> tuple[int, str]:
    """Return the status and the kind of a refusal."""
    return response.status_code, response.json()["type"].removeprefix("urn:roomread:problem:")


def boxes(picture: dict[str, Any]) -> list[tuple[float, ...]]:
    return [tuple(face["box"].values()) for face in picture["frame"]["faces"]]


def test_faces_of_a_picture_are_returned_largest_first(
    client: TestClient, context: SimpleNamespace
) -> None:
    answer = client.post(URL, content=PHOTO)
    (picture,) = answer.json()["pictures"]
    assert boxes(picture) == [LARGE, SMALL]
    assert [face["expression"] for face in picture["frame"]["faces"]] == ["happy", "happy"]
    assert (picture["frame"]["width"], picture["frame"]["height"]) == (200, 160)
    assert "annotated" not in picture
    text = context.metrics.text()
    assert b"roomread_pictures_total 1.0" in text
    assert b"roomread_faces_total 2.0" in text


def test_only_the_largest_face_is_read_if_the_option_oneself_is_set(client: TestClient) -> None:
    answer = client.post(URL, params={"oneself": "1"}, content=PHOTO)
    assert boxes(answer.json()["pictures"][0]) == [LARGE]


def test_picture_is_refused_if_the_purpose_forbids_reading_other_people(
    client: TestClient, context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROOMREAD_PURPOSE", "work-or-school")
    monkeypatch.setenv("ROOMREAD_REGION", "eu")
    assert problem(client.post(URL, content=PHOTO)) == (403, "purpose")
    assert client.post(URL, params={"oneself": "1"}, content=PHOTO).status_code == 200
    assert context.limiter.taken == 0


def test_response_to_a_batch_has_faces_or_a_problem_for_each_picture(client: TestClient) -> None:
    files = [
        ("file", ("call.png", PHOTO)),
        ("file", ("notes.txt", b"no picture")),
        ("file", ("../../me.png", PHOTO)),
    ]
    pictures = client.post(URL, files=files).json()["pictures"]
    assert [len(boxes(each)) for each in (pictures[0], pictures[2])] == [2, 2]
    assert pictures[2]["frame"]["source"] == "me.png"
    assert [pictures[n]["frame"]["frame_index"] for n in (0, 2)] == [0, 2]
    assert pictures[1]["source"] == "notes.txt"
    assert pictures[1]["problem"]["type"] == "urn:roomread:problem:not-a-picture"
    assert pictures[1]["problem"]["detail"] == "notes.txt: is not a picture"
    assert pictures[1]["problem"]["hint"] == "JPEG and PNG are"


def test_single_picture_that_cannot_be_read_is_refused(
    client: TestClient, context: SimpleNamespace
) -> None:
    assert problem(client.post(URL, content=b"no picture")) == (422, "not-a-picture")
    assert context.limiter.taken == 0


def test_annotated_picture_is_returned_as_jpeg_or_within_json(client: TestClient) -> None:
    params = {"annotated": "1"}
    drawn = client.post(URL, content=PHOTO, params=params)
    assert drawn.headers["content-type"] == "image/jpeg"
    picture = np.asarray(Image.open(io.BytesIO(drawn.content)))
    assert picture.shape == (160, 200, 3)
    headers = {"Accept": "application/json"}
    answer = client.post(URL, content=PHOTO, params=params, headers=headers).json()
    assert base64.b64decode(answer["pictures"][0]["annotated"]) == drawn.content
    files = [("file", (name, PHOTO)) for name in ("a.png", "b.png")]
    several = client.post(URL, params=params, files=files).json()["pictures"]
    assert [base64.b64decode(each["annotated"]) for each in several] == [drawn.content] * 2


def test_picture_is_refused_as_busy_at_the_concurrency_limit(
    client: TestClient, context: SimpleNamespace
) -> None:
    with context.limiter.slot():
        answer = client.post(URL, content=PHOTO)
    assert problem(answer) == (503, "busy")
    assert answer.headers["retry-after"]
    assert client.post(URL, content=PHOTO).status_code == 200


def test_pictures_are_read_with_the_requested_profiles_of_the_sender(
    client: TestClient, context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def analyzer_with(_context: object, sender: Any, names: str) -> Analyzer:
        if names != "asha":
            raise ProfileError(f"there is no profile '{names}'")
        assert sender.id == "local"
        return Analyzer(detector=FixedDetector([SMALL]), classifier=FixedClassifier())

    monkeypatch.setattr(analyze, "analyzer_with", analyzer_with)
    answer = client.post(URL, params={"profiles": "asha"}, content=PHOTO)
    assert boxes(answer.json()["pictures"][0]) == [SMALL]
    refused = client.post(URL, params={"profiles": "eve"}, content=PHOTO)
    assert problem(refused) == (422, "not-a-profile")
    assert context.limiter.taken == 0


def test_analyze_and_draw_returns_the_readings_and_the_annotated_picture(
    context: SimpleNamespace,
) -> None:
    shared, picture = cast("ServiceContext", context), EncodedPicture("photo.png", PHOTO)
    analyzed, drawn = asyncio.run(analyze_and_draw(shared, picture))
    assert [tuple(reading.box) for reading in analyzed.readings] == [LARGE, SMALL]
    assert Image.open(io.BytesIO(drawn)).size == (200, 160)
    with context.limiter.slot(), pytest.raises(BusyError):
        asyncio.run(analyze_and_draw(shared, picture))
