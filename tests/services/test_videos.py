from __future__ import annotations

from pathlib import Path

import pytest

from fake_queue import FakeQueue
from roomread.services.videos import (
    EmptyVideoError,
    VideoFilesGoneError,
    VideoNotFinishedError,
    VideoNotFoundError,
    VideoResult,
    VideoResultNotFoundError,
    VideoService,
)

ANNA, BEN = "user:anna", "user:ben"


@pytest.fixture
def queue(tmp_path: Path) -> FakeQueue:
    return FakeQueue(tmp_path)


@pytest.fixture
def anna(queue: FakeQueue) -> VideoService:
    return VideoService(queue, ANNA)


def test_submitted_video_is_stored_with_its_content(anna: VideoService) -> None:
    job = anna.get(anna.submit("lesson.mp4", b"content"))
    assert job.record.name == "lesson.mp4"
    assert job.upload is not None
    assert job.upload.read_bytes() == b"content"


def test_video_without_content_is_refused_and_not_stored(anna: VideoService) -> None:
    with pytest.raises(EmptyVideoError, match=r"lesson\.mp4"):
        anna.submit("lesson.mp4", b"")
    with pytest.raises(EmptyVideoError), anna.receive("lesson.mp4"):
        pass
    assert anna.all() == []


def test_video_submitted_as_a_url_is_named_after_the_url(anna: VideoService) -> None:
    assert anna.get(anna.submit_source("rtsp://camera/1")).record.name == "rtsp://camera/1"


def test_video_of_another_owner_is_not_found(queue: FakeQueue, anna: VideoService) -> None:
    job_id = anna.submit("lesson.mp4", b"content")
    ben = VideoService(queue, BEN)
    assert ben.all() == []
    with pytest.raises(VideoNotFoundError):
        ben.get(job_id)
    with pytest.raises(VideoNotFoundError):
        ben.cancel(job_id)
    with pytest.raises(VideoNotFoundError):
        ben.forget(job_id)
    with pytest.raises(VideoNotFoundError):
        ben.result(job_id, VideoResult.READINGS_CSV)
    assert [job.record.id for job in anna.all()] == [job_id]


def test_cancelling_a_video_ends_its_job(anna: VideoService) -> None:
    job_id = anna.submit("lesson.mp4", b"content")
    assert anna.cancel(job_id).finished


def test_deleted_video_is_not_found(anna: VideoService) -> None:
    job_id = anna.submit("lesson.mp4", b"content")
    anna.forget(job_id)
    with pytest.raises(VideoNotFoundError):
        anna.get(job_id)


def test_result_file_is_returned_only_for_a_finished_video(
    queue: FakeQueue, anna: VideoService
) -> None:
    job_id = anna.submit("lesson.mp4", b"content")
    with pytest.raises(VideoNotFinishedError):
        anna.result(job_id, VideoResult.READINGS_CSV)
    queue.end(job_id)
    (queue.folder / job_id / "readings.csv").write_text("source,time\n")
    assert anna.result(job_id, VideoResult.READINGS_CSV).read_text() == "source,time\n"
    with pytest.raises(VideoResultNotFoundError, match=r"annotated\.mp4"):
        anna.result(job_id, VideoResult.ANNOTATED)


def test_result_of_a_video_whose_folder_is_missing_raises_a_files_gone_error(
    queue: FakeQueue, anna: VideoService
) -> None:
    # In the fake queue, the job of a URL has no folder.
    job_id = anna.submit_source("rtsp://camera/1")
    queue.end(job_id)
    with pytest.raises(VideoFilesGoneError):
        anna.result(job_id, VideoResult.READINGS_CSV)


def test_number_of_videos_waiting_before_a_video_includes_videos_of_all_owners(
    queue: FakeQueue, anna: VideoService
) -> None:
    VideoService(queue, BEN).submit("first.mp4", b"content")
    assert anna.waiting_before(anna.submit("lesson.mp4", b"content")) == 1
