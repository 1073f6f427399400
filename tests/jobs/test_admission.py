"""One owner's videos are limited, so that other owners can submit theirs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from roomread.jobs.admission import TooManyJobsError, make_room
from roomread.jobs.video_job import QueueLimits, VideoJob
from roomread.store import JobRecord, JobState

KB = 1000


@pytest.fixture
def numbers() -> Iterator[int]:
    return iter(range(100))


def job(folder: Path, numbers: Iterator[int], owner: str, *, done: bool, size: int = 0) -> VideoJob:
    number = next(numbers)
    record = JobRecord(
        str(number), owner, "a.mp4", "upload.mp4", annotated=True, created=float(number)
    )
    if done:
        record = replace(record, state=JobState.FINISHED, ended=float(number))
    place = folder / str(number)
    place.mkdir()
    (place / "upload.mp4").write_bytes(bytes(size))
    return VideoJob(record, place)


def admit(owner: str, jobs: list[VideoJob], limits: QueueLimits) -> list[str]:
    """Return the ids of the jobs that are deleted when an owner submits a video."""
    deleted: list[str] = []
    make_room(owner, jobs, [], limits, lambda each: deleted.append(each.record.id))
    return deleted


def test_owner_with_too_many_waiting_videos_is_refused_while_another_owner_may_submit(
    tmp_path: Path, numbers: Iterator[int]
) -> None:
    limits = QueueLimits(waiting=2, waiting_in_all=3)
    jobs = [job(tmp_path, numbers, "greedy", done=False) for _ in range(2)]
    with pytest.raises(TooManyJobsError, match="2 videos are already waiting"):
        admit("greedy", jobs, limits)
    assert admit("anna", jobs, limits) == []
    jobs.append(job(tmp_path, numbers, "anna", done=False))
    with pytest.raises(TooManyJobsError, match="3 videos are already waiting"):
        admit("anna", jobs, limits)


def test_oldest_video_of_the_owner_with_most_videos_is_deleted_when_the_queue_is_full(
    tmp_path: Path, numbers: Iterator[int]
) -> None:
    limits = QueueLimits(finished=3)
    jobs = [job(tmp_path, numbers, "anna", done=True)]
    jobs += [job(tmp_path, numbers, "greedy", done=True) for _ in range(2)]
    assert admit("ben", jobs, limits) == ["1"]
    with pytest.raises(TooManyJobsError, match="3 videos are already stored"):
        admit("greedy", jobs, limits)


def test_results_of_the_owner_with_most_bytes_are_deleted_first(
    tmp_path: Path, numbers: Iterator[int]
) -> None:
    jobs = [job(tmp_path, numbers, "anna", done=True, size=300 * KB)]
    jobs += [job(tmp_path, numbers, "greedy", done=True, size=450 * KB) for _ in range(2)]
    assert admit("ben", jobs, QueueLimits(mb=1)) == ["1"]


def test_waiting_videos_of_one_owner_take_at_most_half_of_the_space(
    tmp_path: Path, numbers: Iterator[int]
) -> None:
    jobs = [job(tmp_path, numbers, "greedy", done=False, size=600 * KB)]
    with pytest.raises(TooManyJobsError, match="take all the space"):
        admit("greedy", jobs, QueueLimits(mb=1))
    assert admit("anna", jobs, QueueLimits(mb=1)) == []
