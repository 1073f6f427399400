from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from roomread.jobs.video_job import NOTES, VideoJob
from roomread.store import JobRecord, JobState

RECORD = JobRecord("job-1", "user:anna", "lesson.mp4", "upload.mp4", True, 0.0, profiles=2)  # noqa: FBT003


@pytest.fixture
def job(tmp_path: Path) -> VideoJob:
    """Return a job with five files of one byte each."""
    made = VideoJob(RECORD, tmp_path / "job-1")
    made.folder.mkdir()
    for name in ("upload.mp4", "profile-0.json", "profile-1.json", "readings.csv", "annotated.mp4"):
        (made.folder / name).write_bytes(b"x")
    return made


def names(job: VideoJob) -> list[str]:
    return sorted(path.name for path in job.folder.iterdir())


def test_size_of_a_job_is_the_sum_of_its_file_sizes(job: VideoJob) -> None:
    assert job.size() == 5
    assert replace(job, folder=job.folder / "none").size() == 0


def test_remove_results_deletes_all_files_of_a_job_except_its_inputs(job: VideoJob) -> None:
    job.remove_results()
    assert names(job) == ["profile-0.json", "profile-1.json", "upload.mp4"]


def test_remove_upload_deletes_only_the_uploaded_file(job: VideoJob) -> None:
    job.remove_upload()
    job.remove_upload()
    assert "upload.mp4" not in names(job)
    assert len(names(job)) == 4
    of_url = replace(job, record=replace(RECORD, upload=None, name="https://host/a.mp4"))
    assert of_url.upload is None
    of_url.remove_upload()
    assert len(names(job)) == 4


def test_name_of_a_job_contains_no_password(job: VideoJob) -> None:
    named = replace(RECORD, name="rtsp://anna:secret@host/a")
    assert replace(job, record=named).name == "rtsp://host/a"


def test_notes_are_empty_until_the_worker_has_written_them(job: VideoJob) -> None:
    assert job.notes() == []
    (job.folder / NOTES).write_text('["track 1 is left out"]', encoding="utf-8")
    assert job.notes() == ["track 1 is left out"]


def test_job_whose_folder_is_missing_has_no_files(job: VideoJob) -> None:
    assert job.has_files
    assert not replace(job, folder=job.folder / "none").has_files


@pytest.mark.parametrize("state", list(JobState))
def test_job_is_finished_in_its_final_states_only(job: VideoJob, state: JobState) -> None:
    ended = {JobState.FINISHED, JobState.FAILED, JobState.CANCELLED}
    assert replace(job, record=replace(RECORD, state=state)).finished is (state in ended)
