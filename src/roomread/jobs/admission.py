"""Decide whether an owner may submit another video, and make room for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence

from roomread.errors import RoomreadError
from roomread.jobs.video_job import QueueLimits, VideoJob


class TooManyJobsError(RoomreadError):
    """The queue holds the maximum number of waiting or stored videos."""


def make_room(
    owner: str,
    jobs: Sequence[VideoJob],
    uploading: Collection[VideoJob],
    limits: QueueLimits,
    delete: Callable[[VideoJob], None],
) -> None:
    """Check that an owner may submit a video, and delete finished jobs if space is needed.

    Jobs of the owner with the most jobs or bytes are deleted first, so that no owner displaces the
    jobs of others.

    Args:
        owner: The owner of the new video.
        jobs: The jobs of all owners.
        uploading: Jobs that are being submitted, which are not among `jobs` yet.
        limits: The limits of the queue.
        delete: A function that deletes a finished job.

    Raises:
        TooManyJobsError: The owner, or all owners together, have too many unfinished or stored
            videos, or the unfinished videos need too much space.
    """
    _check_waiting(owner, [*jobs, *uploading], limits)
    full = len(jobs) + len(uploading) >= limits.finished
    if full and not _delete_one_of_most(owner, jobs, delete):
        problem = f"{limits.finished} videos are already stored"
        raise TooManyJobsError(problem, hint="delete some, or wait until the oldest expire")
    if not _make_space(owner, jobs, uploading, limits.mb * 1_000_000, delete):
        problem = "the waiting videos take all the space"
        raise TooManyJobsError(problem, hint="try again later")


def _check_waiting(owner: str, jobs: Sequence[VideoJob], limits: QueueLimits) -> None:
    owners = [job.record.owner for job in jobs if not job.finished]
    counts = ((owners.count(owner), limits.waiting), (len(owners), limits.waiting_in_all))
    for count, most in counts:
        if count >= most:
            problem = f"{most} videos are already waiting"
            raise TooManyJobsError(problem, hint="try again later")


def _delete_one_of_most(
    owner: str, jobs: Sequence[VideoJob], delete: Callable[[VideoJob], None]
) -> bool:
    """Delete the oldest finished job of the owner with the most jobs.

    Return False if no owner with a finished job has more jobs than `owner`.
    """
    counts = Counter(job.record.owner for job in jobs)
    finished = [job for job in jobs if job.finished and counts[job.record.owner] > counts[owner]]
    if not finished:
        return False
    most = max(counts[job.record.owner] for job in finished)
    delete(_oldest([job for job in finished if counts[job.record.owner] == most]))
    return True


def _make_space(
    owner: str,
    jobs: Sequence[VideoJob],
    uploading: Collection[VideoJob],
    allowed: int,
    delete: Callable[[VideoJob], None],
) -> bool:
    """Delete finished jobs until all files fit into `allowed` bytes.

    Return True if the files fit and the unfinished jobs of `owner` take at most half of the space.
    """
    sizes: Counter[str] = Counter()
    own_waiting = 0
    for job in [*jobs, *uploading]:
        size = job.size()
        sizes[job.record.owner] += size
        if job.record.owner == owner and not job.finished:
            own_waiting += size
    finished = [job for job in jobs if job.finished]
    while sizes.total() > allowed and finished:
        most = max(sizes[job.record.owner] for job in finished)
        job = _oldest([job for job in finished if sizes[job.record.owner] == most])
        finished.remove(job)
        sizes[job.record.owner] -= job.size()
        delete(job)
    # Half of the space is reserved for the waiting videos of other owners.
    return sizes.total() <= allowed and own_waiting <= allowed / 2


def _oldest(jobs: Sequence[VideoJob]) -> VideoJob:
    return min(jobs, key=lambda job: job.record.ended or 0.0)
