from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="needs the app extra")

from pydantic import ValidationError

from classes import frame
from roomread.api.shapes import PicturesInput, picture_shape, video_shape
from roomread.jobs.video_job import VideoJob
from roomread.readings import Expression, Frame
from roomread.store import JobRecord, JobState

PICTURE = np.zeros((240, 400, 3), np.uint8)


def test_response_for_a_picture_contains_its_faces_and_its_notes() -> None:
    shown = Frame(PICTURE, 0.0, 0, "lesson", notes=("a.gif: the first is read",))
    shape = picture_shape(shown, frame(0.0, {1: Expression.HAPPY}))
    assert (shape.frame.width, shape.frame.height) == (400, 240)
    assert [face.root["expression"] for face in shape.frame.faces] == ["happy"]
    assert shape.notes == ["a.gif: the first is read"]
    assert shape.annotated is None


def test_response_for_a_video_omits_the_password_and_gives_the_time_in_utc(tmp_path: Path) -> None:
    record = JobRecord("job-1", "user:anna", "rtsp://anna:secret@host/a", None, True, 0.0)  # noqa: FBT003
    shape = video_shape(VideoJob(record, tmp_path))
    assert shape.name == "rtsp://host/a"
    assert shape.created.isoformat() == "1970-01-01T00:00:00+00:00"
    assert (shape.state, shape.duration, shape.notes) == (JobState.WAITING, None, [])
    (tmp_path / "notes.json").write_text('["track 1 is left out"]')
    assert video_shape(VideoJob(replace(record, seconds=2.0), tmp_path)).notes == [
        "track 1 is left out"
    ]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"pictures": []},
        {"pictures": [{"data": "AA=="}] * 17},
        {"pictures": [{"name": "a.jpg"}]},
        {"pictures": [{"data": "AA==", "url": "https://host/a.jpg"}]},
        {"pictures": [{"data": "AA==", "name": "x" * 201}]},
    ],
)
def test_request_with_no_pictures_too_many_pictures_or_a_url_is_refused(
    asked: dict[str, object],
) -> None:
    with pytest.raises(ValidationError):
        PicturesInput.model_validate(asked)
