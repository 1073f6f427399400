from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from classes import reading, showing
from fake_page import FakePage
from roomread.errors import BusyError, MediaError, RoomreadError
from roomread.jobs.video_job import VideoJob
from roomread.readings import Expression, Frame
from roomread.services.pictures import EncodedPicture
from roomread.services.results import PictureResult, ResultRow
from roomread.settings.environment import Settings
from roomread.store import JobRecord, JobState
from roomread.web import media
from roomread.web.media_pictures import KeptPicture

FACE = reading(1, 0.0, showing(Expression.HAPPY))
FRAME = Frame(np.zeros((40, 60, 3), np.uint8), 0.0, 0, "class.jpg")
RESULT = PictureResult(FRAME, [FACE], b"JPEG", bytes)


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> FakePage:
    made = FakePage()
    monkeypatch.setattr(media, "st", made)
    monkeypatch.setattr(media, "load_settings", Settings)
    return made


def kept(result: PictureResult | RoomreadError | None) -> KeptPicture:
    return KeptPicture("1", EncodedPicture("class.jpg", b"JPEG"), result=result)


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (None, "waiting"),
        (RESULT, "1 face"),
        (MediaError("class.jpg: is damaged"), "class\\.jpg\\: is damaged"),
    ],
)
@pytest.mark.usefixtures("page")
def test_state_of_a_picture_is_shown_as_waiting_as_a_number_of_faces_or_as_an_error(
    result: PictureResult | RoomreadError | None, text: str
) -> None:
    assert media._picture_state(kept(result)) == text


def upload(name: str, content: bytes = b"content") -> Any:
    return SimpleNamespace(name=name, getvalue=lambda: content)


class FakeVideos:
    """A fake service for videos, which keeps the submitted names and cannot cancel a video."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def submit(self, name: str, _content: object, **_: object) -> str:
        self.names.append(name)
        return f"job of {name}"

    def cancel(self, job_id: str) -> None:
        raise RoomreadError(f"there is no video {job_id}")


@pytest.fixture
def videos(monkeypatch: pytest.MonkeyPatch) -> FakeVideos:
    made = FakeVideos()

    def add(name: str, content: bytes, *, most_mb: int) -> str:
        if not content:
            raise MediaError(f"{name}: is empty")
        return f"picture {name} of {most_mb} MB"

    monkeypatch.setattr(media, "videos", lambda: made)
    monkeypatch.setattr(media, "visitor_profiles", list)
    monkeypatch.setattr(media, "open_upload", lambda each: io.BytesIO(each.getvalue()))
    monkeypatch.setattr(media, "add_picture", add)
    return made


def test_suffix_of_an_uploaded_file_decides_between_video_and_picture(
    page: FakePage, videos: FakeVideos
) -> None:
    media._add_files([upload("LESSON.MP4"), upload("class.jpg")])
    assert videos.names == ["LESSON.MP4"]
    assert page.session_state[media._CHOSEN] == "job of LESSON.MP4"
    assert page.session_state[media._PROBLEMS] == []


def test_bad_file_is_reported_and_does_not_stop_the_other_files(
    page: FakePage, videos: FakeVideos
) -> None:
    media._add_files([upload("empty.jpg", b""), upload("class.jpg"), upload("lesson.mp4")])
    most = 2 * Settings().max_upload_mb
    assert page.session_state[media._CHOSEN] == f"picture class.jpg of {most} MB"
    assert page.session_state[media._PROBLEMS] == ["empty.jpg: is empty"]
    assert videos.names == ["lesson.mp4"]


@pytest.mark.usefixtures("videos")
def test_video_that_cannot_be_cancelled_is_reported(page: FakePage) -> None:
    media._cancel("7")
    assert page.session_state[media._PROBLEMS] == ["there is no video 7"]


@pytest.mark.usefixtures("page")
def test_content_of_the_queue_changes_when_a_video_ends(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    record = JobRecord("7", "local", "lesson.mp4", None, annotated=True, created=0.0)
    monkeypatch.setattr(media, "kept_pictures", lambda: [kept(None)])
    assert media._content([VideoJob(record, tmp_path)]) == [("1", True), ("7", False)]
    ended = JobRecord(
        "7", "local", "lesson.mp4", None, annotated=True, created=0.0, state=JobState.FINISHED
    )
    assert media._content([VideoJob(ended, tmp_path)]) == [("1", True), ("7", True)]


def test_results_table_has_a_row_for_each_face_of_a_picture_and_person_of_a_video(
    page: FakePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "show_table", lambda rows, **_: page.table("", rows))
    scores = (0.0, 0.0, 0.0, 0.999, 0.001, 0.0, 0.0)
    media._show_table(
        [ResultRow("class.jpg", 1, "unreadable", None), ResultRow("a.mp4", 2, "happy", scores, 7)]
    )
    (table,) = (each for each in page.drawn if each.kind == "table")
    hidden, happy = table.values[0]
    assert (hidden["number"], hidden["happy"], hidden["seconds read"]) == ("1", "", "")
    assert (happy["expression"], happy["happy"], happy["seconds read"]) == ("happy", "99%", "7")


@pytest.mark.parametrize(
    ("pictures", "allowed", "ticked", "is_read"),
    [
        (False, True, False, False),
        (True, True, False, True),
        (True, False, False, False),
        (True, False, True, True),
    ],
    ids=["no picture", "others may be read", "not oneself", "oneself"],
)
def test_pictures_are_read_only_where_the_purpose_allows_it(
    page: FakePage,
    monkeypatch: pytest.MonkeyPatch,
    *,
    pictures: bool,
    allowed: bool,
    ticked: bool,
    is_read: bool,
) -> None:
    analyzer = object()
    page.answers = {
        "These pictures show me. Only the largest face of each is read.": ticked,
    }
    monkeypatch.setattr(media, "kept_pictures", lambda: [kept(None)] * pictures)
    monkeypatch.setattr(media, "allows", lambda _: allowed)
    monkeypatch.setattr(media, "visitor_analyzer", lambda: analyzer)
    assert media._analyzer_of_pictures() is (analyzer if is_read else None)


def test_reading_can_be_tried_again_if_the_analyzer_stays_busy(
    page: FakePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = kept(BusyError("all slots are taken"))
    waiting = [0]
    analyzer: Any = object()
    monkeypatch.setattr(media, "count_waiting", lambda: waiting[0])
    monkeypatch.setattr(media, "allows", lambda _: True)

    def read(_analyzer: object, *, oneself: bool, show_progress: Any) -> bool:
        assert not oneself
        show_progress(busy)
        return False

    monkeypatch.setattr(media, "read_waiting", read)
    media._read_pictures(analyzer)
    assert page.drawn == []
    waiting[0] = 2
    media._read_pictures(analyzer)
    assert page.texts("button") == ["Try again"]
