from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fake_page import FakePage
from roomread.jobs.video_job import VideoJob
from roomread.store import JobRecord, JobState
from roomread.web import media_videos
from roomread.web.media_videos import shown_videos, state_text


class FakeVideos:
    """A fake service with the visitor's videos; each waits behind two other videos."""

    def __init__(self, *jobs: VideoJob) -> None:
        self.jobs = list(jobs)
        self.forgotten: list[str] = []

    def all(self) -> list[VideoJob]:
        return self.jobs

    def waiting_before(self, _job_id: str) -> int:
        return 2

    def kept_until(self, job: VideoJob) -> float | None:
        return job.record.ended

    def forget(self, job_id: str) -> None:
        self.forgotten.append(job_id)


def job(state: JobState, folder: Path = Path("nowhere"), **values: Any) -> VideoJob:
    record = JobRecord("7", "local", "lesson.mp4", None, True, 0.0, state=state, **values)  # noqa: FBT003
    return VideoJob(record, folder)


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> FakePage:
    """Return the page of a visitor in Paris."""
    made = FakePage()
    made.context = SimpleNamespace(timezone="Europe/Paris")
    monkeypatch.setattr(media_videos, "st", made)
    monkeypatch.setattr(media_videos, "videos", FakeVideos)
    return made


@pytest.mark.usefixtures("page")
@pytest.mark.parametrize(
    ("video", "text"),
    [
        (job(JobState.WAITING), "waiting: 2 videos before it"),
        (job(JobState.READING, seconds=61.0), "1:01 read"),
        (
            job(JobState.READING, seconds=60.0, duration=120.0),
            "1:00 of 2:00 read",
        ),
        (
            job(JobState.CANCELLED, seconds=61.0, ended=3600.0),
            "cancelled after 1:01 · kept until 02:00",
        ),
        (job(JobState.FINISHED, seconds=61.0), "1:01 read · "),
        (
            job(JobState.FAILED, error="a.mp4: is damaged", ended=3600.0),
            "a\\.mp4\\: is damaged · kept until 02:00",
        ),
    ],
    ids=["waiting", "read", "of a known length", "cancelled", "finished", "failed"],
)
def test_state_of_a_video_is_shown_in_words(video: VideoJob, text: str) -> None:
    assert state_text(video) == text


@pytest.mark.parametrize("zone", [None, "", "Moon/Crater", "../etc"])
def test_time_of_day_is_in_utc_if_the_time_zone_is_unknown(
    page: FakePage, zone: str | None
) -> None:
    page.context = SimpleNamespace(timezone=zone)
    assert media_videos._time_of_day(3600.0) == "01:00"


def test_videos_of_lessons_are_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    lesson = VideoJob(JobRecord("8", "local", "a.mp4", None, False, 0.0), Path())  # noqa: FBT003
    video = job(JobState.WAITING)
    monkeypatch.setattr(media_videos, "videos", lambda: FakeVideos(lesson, video))
    assert shown_videos() == [video]


def test_removing_a_video_that_was_deleted_before_is_a_no_op(
    page: FakePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = FakeVideos(job(JobState.FINISHED))
    monkeypatch.setattr(media_videos, "videos", lambda: service)
    page.session_state[media_videos._KNOWN] = {"7": "lesson.mp4", "8": "other.mp4"}
    for job_id in ("7", "8", "8"):
        media_videos.remove_video(job_id)
    assert service.forgotten == ["7"]
    assert page.session_state[media_videos._KNOWN] == {}


def test_result_files_that_exist_and_are_not_empty_are_offered(
    page: FakePage, tmp_path: Path
) -> None:
    (tmp_path / "readings.csv").write_text("a")
    (tmp_path / "readings.jsonl").touch()
    media_videos._offer_files(job(JobState.FINISHED, tmp_path))
    assert page.texts("download_button") == ["Readings as CSV"]
    offered = page.element("Readings as CSV")
    assert offered.options["file_name"] == "lesson.readings.csv"
    assert offered.values[0]() == b"a"


def test_page_shows_that_a_video_has_no_readable_face(page: FakePage, tmp_path: Path) -> None:
    (tmp_path / "timeline.json").write_text("[]")
    media_videos.show_video(job(JobState.FINISHED, tmp_path))
    assert page.texts("info") == ["No readable face was found."]
    media_videos.show_video(job(JobState.FAILED, tmp_path, error="a.mp4: is damaged"))
    assert page.texts("info") == ["No readable face was found."]
