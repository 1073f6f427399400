"""Store the rooms that students join: `OwnerRooms` for one owner, `RoomStore` for all owners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from roomread.joining.reports import ReportCounts, ReportSample
from roomread.room.session import Session
from roomread.store import schema
from roomread.store.database import Database
from roomread.store.records import milliseconds
from roomread.store.rows import insert_once, to_session

_ROOMS = schema.rooms
_SESSIONS = schema.sessions


@dataclass(frozen=True, slots=True)
class RoomRecord:
    """A room that students join.

    Attributes:
        session_id: The id of the session into which the room is recorded, also the room's id.
        owner: The owner of the session.
        code: The code with which students join; None once the room is closed.
        faces: Whether students may let their faces be read.
        next_seat: The lowest seat number that is known never to have been assigned.
        paused: Whether the owner paused the room.
    """

    session_id: str
    owner: str
    code: str | None
    faces: bool
    next_seat: int
    paused: bool = False


class OwnerRooms:
    """The rooms of one owner; rooms of other owners are reported as not found.

    All methods raise `DatabaseError` if the database fails.

    Args:
        database: The database that contains the rooms.
        owner: The owner of the rooms.
    """

    def __init__(self, database: Database, owner: str) -> None:
        self._database, self._owner = database, owner

    def add(self, session_id: str, code: str, *, faces: bool) -> bool:
        """Make a session of this owner a room that students join.

        Args:
            session_id: The id of the session.
            code: The code with which students join.
            faces: Whether students may let their faces be read.

        Returns:
            False if this owner has no such session, the session is a room already, or the code is
            in use.
        """
        row = {"session_id": session_id, "code": code, "faces": faces, "next_seat": 1}
        mine = (_SESSIONS.c.id == session_id) & (_SESSIONS.c.owner == self._owner)
        with self._database.writing() as connection:
            if connection.execute(sa.select(_SESSIONS.c.id).where(mine)).first() is None:
                return False
            return insert_once(connection, _ROOMS, [row]) == 1

    def with_sessions(self, *, only_open: bool = False) -> list[tuple[RoomRecord, Session]]:
        """Return the rooms of this owner with their sessions, newest first.

        Args:
            only_open: Whether closed rooms are left out.
        """
        query = sa.select(_ROOMS, _SESSIONS).join_from(_ROOMS, _SESSIONS)
        query = query.where(_SESSIONS.c.owner == self._owner)
        if only_open:
            query = query.where(_ROOMS.c.code.is_not(None))
        ordered = query.order_by(_SESSIONS.c.started_at.desc(), _SESSIONS.c.id.desc())
        with self._database.reading() as connection:
            return [(_record(row), to_session(row)) for row in connection.execute(ordered)]

    def get(self, session_id: str) -> RoomRecord | None:
        """Return a room, or None if this owner has no such room."""
        with self._database.reading() as connection:
            return self._find(connection, session_id)

    def replace_code(self, session_id: str, code: str | None) -> bool:
        """Replace the code of a room; None closes the room.

        Returns:
            False if this owner has no such room, or another room has the code.
        """
        with self._database.writing() as connection:
            if self._find(connection, session_id) is None:
                return False
            taken = sa.select(_ROOMS.c.session_id).where(_ROOMS.c.code == code)
            if code is not None and connection.execute(taken).first() is not None:
                return False
            update = _ROOMS.update().where(_ROOMS.c.session_id == session_id)
            connection.execute(update.values(code=code))
            return True

    def _find(self, connection: Connection, session_id: str) -> RoomRecord | None:
        # Remove NUL, which no id contains and which PostgreSQL rejects in a query.
        same = _SESSIONS.c.id == session_id.replace("\0", "")
        query = _select().where(same, _SESSIONS.c.owner == self._owner)
        row = connection.execute(query).first()
        return _record(row) if row is not None else None


class RoomStore:
    """The rooms of all owners, for students who have a code and for the process that serves them.

    All methods raise `DatabaseError` if the database fails.

    Args:
        database: The database that contains the rooms.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def with_code(self, code: str) -> RoomRecord | None:
        """Return the open room that has the code, or None if no open room has the code."""
        return self._one(_ROOMS.c.code == code)

    def get(self, session_id: str) -> RoomRecord | None:
        """Return the room of a session, or None if the session is not a room."""
        return self._one(_ROOMS.c.session_id == session_id.replace("\0", ""))

    def reserve_seats(self, session_id: str, next_seat: int) -> None:
        """Record that all seat numbers below `next_seat` may have been assigned."""
        update = _ROOMS.update().where(
            _ROOMS.c.session_id == session_id, _ROOMS.c.next_seat < next_seat
        )
        with self._database.writing() as connection:
            connection.execute(update.values(next_seat=next_seat))

    def set_paused(self, session_id: str, *, on: bool) -> None:
        """Store whether a room is paused."""
        update = _ROOMS.update().where(_ROOMS.c.session_id == session_id)
        with self._database.writing() as connection:
            connection.execute(update.values(paused=on))

    def set_source(self, session_id: str, source: str) -> None:
        """Change the name of the source that is stored in a room's session."""
        update = _SESSIONS.update().where(_SESSIONS.c.id == session_id)
        with self._database.writing() as connection:
            connection.execute(update.values(source=source))

    def add_reports(self, session_id: str, samples: Sequence[ReportSample]) -> None:
        """Add samples of what a room's students reported with buttons; keep existing samples."""
        with self._database.writing() as connection:
            rows = [_report_row(session_id, sample) for sample in samples]
            insert_once(connection, schema.reports, rows)

    def _one(self, where: sa.ColumnElement[bool]) -> RoomRecord | None:
        with self._database.reading() as connection:
            row = connection.execute(_select().where(where)).first()
        return _record(row) if row is not None else None


def read_reports(connection: Connection, session_id: str) -> list[ReportSample]:
    """Return the samples of what a room's students reported with buttons, earliest first."""
    table = schema.reports
    query = table.select().where(table.c.session_id == session_id).order_by(table.c.time_ms)
    return [_sample(row) for row in connection.execute(query)]


def _select() -> sa.Select[Any]:
    return sa.select(_ROOMS, _SESSIONS.c.owner).join(_SESSIONS)


def _record(row: Row[Any]) -> RoomRecord:
    return RoomRecord(row.session_id, row.owner, row.code, row.faces, row.next_seat, row.paused)


def _report_row(session_id: str, sample: ReportSample) -> dict[str, Any]:
    said = sample.reports
    return {
        "session_id": session_id,
        "time_ms": milliseconds(sample.time),
        "people": sample.people,
        "taps": sample.taps,
        "presses": sample.presses,
        "ok": said.ok if said is not None else None,
        "lost": said.lost if said is not None else None,
        "slower": said.slower if said is not None else None,
        "faster": said.faster if said is not None else None,
    }


def _sample(row: Row[Any]) -> ReportSample:
    said = None
    if row.lost is not None:
        said = ReportCounts(row.ok, row.lost, row.slower, row.faster)
    return ReportSample(row.time_ms / 1000, row.people, row.taps, said, row.presses)
