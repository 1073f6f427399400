"""Tests of the small programs in examples/programs."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest
from starlette.testclient import TestClient

from roomread.bench import scenes
from roomread.media import VideoWriter

EXAMPLES = Path(__file__).parents[2] / "examples"
PHOTO = EXAMPLES / "astronaut.jpg"


def program(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / "programs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_webcam_program_shows_frames_with_boxes_until_q_is_pressed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = tmp_path / "astronaut.mp4"
    with VideoWriter(video) as writer:
        for index in range(5):
            writer.write(scenes.astronaut(), index / 10)
    shown: list[np.ndarray] = []
    keys = iter([-1, -1, ord("q")])
    # Replace the windows, which the build of OpenCV for servers does not support.
    monkeypatch.setattr(cv2, "imshow", lambda _, picture: shown.append(picture))
    monkeypatch.setattr(cv2, "waitKey", lambda _: next(keys))
    monkeypatch.setattr(cv2, "destroyAllWindows", lambda: None)
    program("webcam").main(str(video))
    assert len(shown) == 3
    original = scenes.astronaut()[:, :, ::-1].astype(int)
    changed = (np.abs(shown[0] - original) > 60).any(axis=2)
    # The left side of the box is drawn, and the rest of the frame is unchanged.
    assert changed[70:170, 178:188].any(axis=1).all()
    assert changed[300:].mean() < 0.01


def test_webcam_program_exits_with_a_message_if_the_source_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="cannot be opened"):
        program("webcam").main(str(tmp_path / "no.mp4"))


def test_flask_endpoint_returns_faces_or_an_error() -> None:
    pytest.importorskip("flask", reason="Flask is not installed")
    client = program("flask_endpoint").app.test_client()
    answer = client.post("/faces", data=PHOTO.read_bytes())
    assert answer.status_code == 200
    assert [face["expression"] for face in answer.json["faces"]] == ["happy"]
    refused = client.post("/faces", data=b"no picture")
    assert refused.status_code == 422
    assert "picture" in refused.json["error"]


def test_fastapi_endpoint_returns_faces_or_an_error() -> None:
    client = TestClient(program("fastapi_endpoint").app)
    answer = client.post("/faces", files={"file": PHOTO.read_bytes()})
    assert answer.status_code == 200
    assert [face["expression"] for face in answer.json()["faces"]] == ["happy"]
    refused = client.post("/faces", files={"file": b"no picture"})
    assert refused.status_code == 422
    assert "picture" in refused.json()["detail"]
