"""Store jobs: `OwnerJobs` for one owner, `JobStore` for the processes that read the videos."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from roomread.store import service_schema as schema
from roomread.store.database import Database
from roomread.store.job_records import ENDED_STATES, JobRecord, JobState
from roomread.store.leases import is_held_elsewhere

_JOBS = schema.jobs
_UNFINISHED = _JOBS.c.state.not_in([state.value for state in ENDED_STATES])


class OwnerJobs:
    """The jobs of one owner; jobs of other owners are reported as not found.

    Args:
        database: The database that contains the jobs.
        owner: The owner of the jobs.
    """

    def __init__(self, database: Database, owner: str) -> None:
        self._database, self._owner = database, owner

    def get(self, job_id: str) -> JobRecord | None:
        """Return a job, or None if this owner has no such job."""
        with self._database.reading() as connection:
            return _record(connection, self._is(job_id))

    def all(self) -> list[JobRecord]:
        """Return all jobs of this owner, oldest first."""
        with self._database.reading() as connection:
            return _records(connection, _JOBS.c.owner == self._owner)

    def cancel(self, job_id: str, *, now: float) -> JobRecord | None:
        """Cancel a job; a waiting job ends immediately, a running job within a second.

        Args:
            job_id: The id of the job.
            now: The present time, seconds since 1970.

        Returns:
            The job in its new state, or None if the owner has no such job.
        """
        waiting = _JOBS.c.state == JobState.WAITING.value
        with self._database.writing() as connection:
            update = _JOBS.update().where(self._is(job_id), _UNFINISHED)
            connection.execute(update.values(cancelled=True))
            ended = {"state": JobState.CANCELLED.value, "ended": now}
            connection.execute(_JOBS.update().where(self._is(job_id), waiting).values(ended))
            return _record(connection, self._is(job_id))

    def delete(self, job_id: str) -> bool:
        """Delete a job's row; return whether this owner had such a job."""
        with self._database.writing() as connection:
            return connection.execute(_JOBS.delete().where(self._is(job_id))).rowcount == 1

    def _is(self, job_id: str) -> sa.ColumnElement[bool]:
        # Do not send texts with NUL to PostgreSQL, which rejects them; no id contains one.
        return (_JOBS.c.id == job_id.replace("\0", "")) & (_JOBS.c.owner == self._owner)


class JobStore:
    """The jobs of all owners, for the processes that read the videos.

    Args:
        database: The database that contains the jobs.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, record: JobRecord) -> None:
        """Add a job to the database."""
        with self._database.writing() as connection:
            connection.execute(_JOBS.insert().values(_plain(asdict(record))))

    def get(self, job_id: str) -> JobRecord | None:
        """Return a job, or None if it was deleted."""
        with self._database.reading() as connection:
            return _record(connection, _JOBS.c.id == job_id)

    def all(self) -> list[JobRecord]:
        """Return all jobs, oldest first."""
        with self._database.reading() as connection:
            return _records(connection, sa.true())

    def unfinished(self) -> list[JobRecord]:
        """Return the jobs that are waiting or being read, oldest first."""
        with self._database.reading() as connection:
            return _records(connection, _UNFINISHED)

    def change(self, job_id: str, **values: Any) -> JobRecord | None:
        """Change fields of a job; return its new state, or None if it was deleted."""
        with self._database.writing() as connection:
            connection.execute(_JOBS.update().where(_JOBS.c.id == job_id).values(_plain(values)))
            return _record(connection, _JOBS.c.id == job_id)

    def report(
        self, job_id: str, *, holder: str, seconds: float, duration: float | None
    ) -> JobRecord | None:
        """Record the progress of a job.

        Args:
            job_id: The id of the job.
            holder: The id of the process that reads the video.
            seconds: The position up to which the video has been read, s.
            duration: The length of the video, s; None if it is unknown.

        Returns:
            The job in its new state; None if it was deleted or another process reads it now.
        """
        with self._database.writing() as connection:
            if is_held_elsewhere(connection, f"job:{job_id}", holder):
                return None
            update = _JOBS.update().where(_JOBS.c.id == job_id)
            connection.execute(update.values(seconds=seconds, duration=duration))
            return _record(connection, _JOBS.c.id == job_id)

    def delete(self, job_ids: Sequence[str]) -> None:
        """Delete the rows of the given jobs; unknown ids are ignored."""
        with self._database.writing() as connection:
            connection.execute(_JOBS.delete().where(_JOBS.c.id.in_(job_ids)))


def _record(connection: Connection, where: sa.ColumnElement[bool]) -> JobRecord | None:
    row = connection.execute(_JOBS.select().where(where)).first()
    return _to_record(row) if row is not None else None


def _records(connection: Connection, where: sa.ColumnElement[bool]) -> list[JobRecord]:
    query = _JOBS.select().where(where).order_by(_JOBS.c.created, _JOBS.c.id)
    return [_to_record(row) for row in connection.execute(query)]


def _to_record(row: Row[Any]) -> JobRecord:
    """Return the record of a row; a row with an invalid value becomes a failed job."""
    values = dict(row._mapping)  # noqa: SLF001 (SQLAlchemy's public name for it)
    try:
        state = JobState(values["state"])
    except ValueError:
        state = None
    if state is not None and all(_fits(name, value) for name, value in values.items()):
        return JobRecord(**values | {"state": state})
    created = values["created"] if _is_number(values["created"]) else 0.0
    return JobRecord(
        str(values["id"]),
        str(values["owner"]),
        str(values["name"]),
        None,
        annotated=False,
        created=created,
        state=JobState.FAILED,
        ended=created,
        error=f"{values['name']}: its record in the database is damaged",
    )


# Check these columns, because SQLite stores values that a column's type does not allow.
_NUMBERS = frozenset({"created", "seconds", "profiles", "attempts"})
_NUMBERS_OR_NONE = frozenset({"every", "duration", "started", "ended"})


def _fits(name: str, value: object) -> bool:
    if name in _NUMBERS:
        return _is_number(value)
    return name not in _NUMBERS_OR_NONE or value is None or _is_number(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    # PostgreSQL's driver accepts str, but not its subclasses.
    return {name: v.value if isinstance(v, JobState) else v for name, v in values.items()}
