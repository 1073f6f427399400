from __future__ import annotations

from dataclasses import replace

import pytest

from roomread.store import JobRecord, JobState

READING = JobRecord(
    "job-1",
    "user:anna",
    "lesson.mp4",
    "upload.mp4",
    annotated=False,
    created=0.0,
    state=JobState.READING,
    seconds=30.0,
    duration=120.0,
    started=1000.0,
)


def test_progress_of_a_job_is_the_fraction_of_the_video_that_was_read() -> None:
    assert READING.share == 0.25
    assert replace(READING, seconds=200.0).share == 1.0
    assert replace(READING, duration=None).share is None


def test_remaining_time_is_estimated_from_the_speed_so_far() -> None:
    assert READING.remaining(now=1010.0) == pytest.approx(30.0)
    assert replace(READING, seconds=120.0).remaining(now=1010.0) == 0.0


@pytest.mark.parametrize(
    "unknown",
    [
        replace(READING, started=None),
        replace(READING, duration=None),
        replace(READING, seconds=0.0),
    ],
)
def test_remaining_time_is_unknown_without_a_start_a_duration_or_progress(
    unknown: JobRecord,
) -> None:
    assert unknown.remaining(now=1010.0) is None


@pytest.mark.parametrize("state", JobState)
def test_job_has_ended_when_it_finished_failed_or_was_cancelled(state: JobState) -> None:
    ended = replace(READING, state=state).is_ended
    assert ended == (state not in (JobState.WAITING, JobState.READING))
