from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from postgres import ON_SQLITE
from roomread.store import (
    JobRecord,
    JobState,
    OwnerStore,
    Store,
)
from roomread.store.job_records import ENDED_STATES


def test_job_of_another_owner_is_neither_listed_nor_cancelled_nor_deleted(
    everything: Store, anna: OwnerStore
) -> None:
    record = JobRecord("job-1", "user:anna", "lesson.mp4", None, annotated=True, created=0.0)
    everything.jobs.add(record)
    eve = everything.owned_by("user:eve").jobs
    assert (eve.all(), eve.get("job-1"), eve.cancel("job-1", now=1.0)) == ([], None, None)
    assert not eve.delete("job-1")
    assert anna.jobs.get("job-1") == record
    assert anna.jobs.all() == [record]


def test_cancelling_ends_a_waiting_job_immediately_and_marks_a_running_job_as_cancelled(
    everything: Store, anna: OwnerStore
) -> None:
    for job_id in ("waiting", "read"):
        everything.jobs.add(JobRecord(job_id, "user:anna", "a.mp4", None, True, 0.0))  # noqa: FBT003
    everything.jobs.change("read", state=JobState.READING)
    waiting, read = (anna.jobs.cancel(job_id, now=5.0) for job_id in ("waiting", "read"))
    assert waiting is not None
    assert (waiting.state, waiting.ended) == (JobState.CANCELLED, 5.0)
    assert read is not None
    assert (read.state, read.cancelled) == (JobState.READING, True)
    assert [record.id for record in everything.jobs.unfinished()] == ["read"]


def test_progress_report_of_a_process_that_lost_its_job_is_ignored(everything: Store) -> None:
    everything.jobs.add(JobRecord("job-1", "user:anna", "a.mp4", None, True, 0.0))  # noqa: FBT003
    everything.leases().acquire("job:job-1")
    mine = everything.leases().holder
    reported = everything.jobs.report("job-1", holder=mine, seconds=2.0, duration=9.0)
    assert reported is not None
    assert (reported.seconds, reported.duration) == (2.0, 9.0)
    assert everything.jobs.report("job-1", holder="stalled", seconds=7.0, duration=9.0) is None
    assert everything.jobs.get("job-1") == reported
    assert everything.jobs.report("gone", holder=mine, seconds=1.0, duration=None) is None


def job(job_id: str, created: float = 0.0, **values: Any) -> JobRecord:
    return JobRecord(
        job_id, "user:anna", "lesson.mp4", None, annotated=False, created=created, **values
    )


@ON_SQLITE
def test_jobs_are_listed_oldest_first(everything: Store, anna: OwnerStore) -> None:
    for job_id, created in (("late", 2.0), ("early", 1.0)):
        everything.jobs.add(job(job_id, created))
    everything.jobs.add(replace(job("of another", 3.0), owner="user:ben"))
    assert [record.id for record in anna.jobs.all()] == ["early", "late"]
    assert [record.id for record in everything.jobs.all()] == ["early", "late", "of another"]


@ON_SQLITE
@pytest.mark.parametrize("state", sorted(ENDED_STATES))
def test_cancelling_an_ended_job_does_not_change_it(
    everything: Store, anna: OwnerStore, state: JobState
) -> None:
    ended = job("job-1", state=state, ended=3.0)
    everything.jobs.add(ended)
    assert anna.jobs.cancel("job-1", now=5.0) == ended
    assert everything.jobs.unfinished() == []


def test_unknown_job_is_neither_changed_nor_deleted(everything: Store, anna: OwnerStore) -> None:
    assert everything.jobs.change("gone", state=JobState.READING) is None
    for unknown in ("gone", "go\0ne"):
        assert anna.jobs.get(unknown) is None
        assert anna.jobs.cancel(unknown, now=1.0) is None
        assert not anna.jobs.delete(unknown)


@ON_SQLITE
def test_only_jobs_with_the_given_ids_are_deleted(everything: Store) -> None:
    for job_id in ("a", "b", "c"):
        everything.jobs.add(job(job_id))
    everything.jobs.delete(["a", "c", "unknown"])
    everything.jobs.delete([])
    assert [record.id for record in everything.jobs.all()] == ["b"]
