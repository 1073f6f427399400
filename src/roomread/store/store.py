"""Keeps sessions in a database, finds them and forgets them."""

from __future__ import annotations

import copy
import re
import secrets
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from roomread.errors import SessionError
from roomread.room import DEFAULT_RULES, Alert, RoomMood, parse_rules
from roomread.store import schema
from roomread.store.database import open_database, told
from roomread.store.records import (
    LOCAL_OWNER,
    Mark,
    Person,
    Readings,
    Session,
    State,
    milliseconds,
    unpack,
    without_secrets,
)
from roomread.store.rows import (
    insert_once,
    session_row,
    stored,
    to_alert,
    to_moods,
    to_session,
    utc_now,
)


class SessionStore:
    """One owner's sessions in a database; several threads and programs may use it at once.

    What takes a session's id wants the whole id of one that is this owner's, as `session`
    and `find` give it.

    Args:
        url: `sqlite:///path/of/file.db` or `postgresql://user:password@host/name`. Its tables
            are made, or brought up to date, at once.
        owner: whose sessions are made and found.

    Raises:
        DatabaseError: the database cannot be opened. So do all methods when it fails them.
        MissingExtraError: PostgreSQL without its extra.
    """

    def __init__(self, url: str, *, owner: str = LOCAL_OWNER) -> None:
        self.engine = open_database(url)
        self.owner = owner

    def of(self, owner: str) -> SessionStore:
        """The same database, with another owner's sessions; closed with this one."""
        other = copy.copy(self)
        other.owner = owner
        return other

    def close(self) -> None:
        """Lets go of all connections."""
        self.engine.dispose()

    def create(  # noqa: PLR0913 (a session's fields)
        self,
        name: str,
        *,
        source: str = "",
        model: str = "",
        threshold: float = 0.0,
        rules: str = DEFAULT_RULES,
        keeps_people: bool = False,
        consent: str = "",
    ) -> Session:
        """A new session; `Recorder` fills it.

        Args:
            name: for people.
            source: what is read; a password in an address is left out.
            model: the net's name and digest.
            threshold: the confidence under which the net withholds a label.
            rules: of attention.
            keeps_people: also keep each person's readings by seat number.
            consent: needed where people are kept: who consented, and how.

        Raises:
            SessionError: people without consent, or no name.
            RulesError: the rules are none.
        """
        if not name.strip():
            raise SessionError("a session needs a name", hint='such as "Algebra 7b"')
        if keeps_people and not consent.strip():
            raise SessionError(
                "readings of single people are kept only with their consent",
                hint='say who consented and how, such as "all 28, in writing, 2 September"',
            )
        parse_rules(rules)
        now = utc_now()
        session = Session(
            id=secrets.token_hex(4),
            name=name.strip(),
            source=without_secrets(source),
            model=model,
            threshold=threshold,
            started_at=now,
            updated_at=now,
            ended_at=None,
            rules=rules,
            keeps_people=keeps_people,
            consent=consent.strip() if keeps_people else "",
            owner=self.owner,
        )
        with told(self.engine.url), self.engine.begin() as connection:
            connection.execute(schema.sessions.insert().values(session_row(session)))
        return session

    def sessions(self) -> list[Session]:
        """The owner's sessions, the newest first."""
        table = schema.sessions
        query = table.select().where(table.c.owner == self.owner)
        query = query.order_by(table.c.started_at.desc())
        with told(self.engine.url), self.engine.connect() as connection:
            return [to_session(row) for row in connection.execute(query)]

    def session(self, session_id: str) -> Session:
        """The session of an id, or of its beginning where only one begins so.

        Raises:
            SessionError: there is none, or several.
        """
        begins = schema.sessions.c.id.startswith(session_id, autoescape=True)
        found = self._found(begins)
        if len(found) != 1 or not session_id:
            several = len(found) > 1 and session_id
            problem = "begins the ids of several sessions" if several else "is no session"
            raise SessionError(
                f"'{session_id}' {problem}", hint="`roomread session list` shows them"
            )
        return found[0]

    def find(self, session_id: str) -> Session | None:
        """The session of a whole id; None where this owner has none."""
        if re.fullmatch("[0-9a-f]{8}", session_id) is None:
            return None
        return next(iter(self._found(schema.sessions.c.id == session_id)), None)

    def _found(self, which: sa.ColumnElement[bool]) -> list[Session]:
        """The owner's first two of these."""
        table = schema.sessions
        query = table.select().where(which, table.c.owner == self.owner).limit(2)
        with told(self.engine.url), self.engine.connect() as connection:
            return [to_session(row) for row in connection.execute(query)]

    def end(self, session_id: str) -> None:
        """Says that nothing more will be recorded."""
        self._change(session_id, {"ended_at": stored(utc_now())})

    def reopen(self, session_id: str) -> None:
        """Says that it is recorded again."""
        self._change(session_id, {"ended_at": None, "updated_at": stored(utc_now())})

    def _change(self, session_id: str, values: dict[str, Any]) -> None:
        table = schema.sessions
        with told(self.engine.url), self.engine.begin() as connection:
            connection.execute(table.update().where(table.c.id == session_id).values(values))

    def moods(
        self, session_id: str, *, since: float = 0.0, limit: int | None = None
    ) -> list[RoomMood]:
        """The room's figures from `since` (s) on, from old to new, at most `limit` of them."""
        table = schema.moods
        query = (
            sa.select(table)
            .where(table.c.session_id == session_id, table.c.time_ms >= milliseconds(since))
            .order_by(table.c.time_ms)
            .limit(limit)
        )
        with told(self.engine.url), self.engine.connect() as connection:
            return to_moods(connection.execute(query).all())

    def last_mood(self, session_id: str) -> RoomMood | None:
        """The newest of the room's figures; None of an empty session."""
        table = schema.moods
        query = table.select().where(table.c.session_id == session_id)
        query = query.order_by(table.c.time_ms.desc()).limit(1)
        with told(self.engine.url), self.engine.connect() as connection:
            moods = to_moods(connection.execute(query).all())
        return moods[0] if moods else None

    def last_time(self, session_id: str) -> float | None:
        """The time of what was written last, s; None of an empty session."""
        with told(self.engine.url), self.engine.connect() as connection:
            table = schema.moods
            query = sa.select(sa.func.max(table.c.time_ms)).where(table.c.session_id == session_id)
            times = [connection.execute(query).scalar()]
            last = _batches(session_id).order_by(schema.batches.c.number.desc()).limit(1)
            times += [
                int(unpack([blob])["time"].max()) for blob in connection.scalars(last) if blob
            ]
        known = [time for time in times if time is not None]
        return max(known) / 1000 if known else None

    def readings(self, session_id: str) -> Readings:
        """The people's readings; none of a session that does not keep people."""
        session = self.session(session_id)
        with told(self.engine.url), self.engine.connect() as connection:
            blobs = connection.scalars(_batches(session_id).order_by(schema.batches.c.number)).all()
        names = {person.seat: person.name for person in self.people(session_id)}
        return Readings(unpack(blobs), session, names)

    def alerts(self, session_id: str) -> list[Alert]:
        """In the order they were raised."""
        table = schema.alerts
        query = table.select().where(table.c.session_id == session_id).order_by(table.c.number)
        with told(self.engine.url), self.engine.connect() as connection:
            return [to_alert(row) for row in connection.execute(query)]

    def marks(self, session_id: str) -> list[Mark]:
        """In the order of their times."""
        table = schema.marks
        query = table.select().where(table.c.session_id == session_id).order_by(table.c.time_ms)
        with told(self.engine.url), self.engine.connect() as connection:
            return [Mark(row.time_ms / 1000, row.label) for row in connection.execute(query)]

    def mark(self, session_id: str, marks: Iterable[Mark]) -> None:
        """Adds marks; the same mark twice is once.

        Raises:
            SessionError: a time before the start, or a label without a word.
        """
        rows = []
        for mark in marks:
            if not 0 <= mark.time < 2**31 / 1000 or not mark.label.strip():
                raise SessionError(
                    f"the mark '{mark.label}' at {mark.time:g} s cannot be set",
                    hint="a mark has a time of 0 s or later, and a word",
                )
            time, label = milliseconds(mark.time), mark.label.strip()
            rows.append({"session_id": session_id, "time_ms": time, "label": label})
        with told(self.engine.url), self.engine.begin() as connection:
            insert_once(connection, schema.marks, rows)

    def unmark(self, session_id: str, mark: Mark) -> None:
        """Takes a mark away."""
        table = schema.marks
        same = (table.c.time_ms == milliseconds(mark.time)) & (table.c.label == mark.label)
        with told(self.engine.url), self.engine.begin() as connection:
            connection.execute(table.delete().where(table.c.session_id == session_id, same))

    def people(self, session_id: str) -> list[Person]:
        """Those who were enrolled, by seat."""
        table = schema.people
        query = table.select().where(table.c.session_id == session_id).order_by(table.c.seat)
        with told(self.engine.url), self.engine.connect() as connection:
            return [
                Person(row.seat, row.name, row.consent, row.consented_at.replace(tzinfo=UTC))
                for row in connection.execute(query)
            ]

    def enrol(self, session_id: str, seat: int, name: str, *, consent: str) -> Person:
        """Gives a seat a name; a name that it had is replaced.

        Raises:
            SessionError: the session keeps no people, nobody sat there, or the name or the
                consent is missing.
        """
        if not name.strip() or not consent.strip():
            raise SessionError(
                "a name beside expressions needs the person's consent",
                hint="give the name, and how they consented",
            )
        if not self.session(session_id).keeps_people:
            raise SessionError(
                f"session {session_id} keeps no people, so nobody can be named in it",
                hint="record with --people",
            )
        if seat not in self.readings(session_id).seats:
            raise SessionError(f"nobody sat at seat {seat} of session {session_id}")
        person = Person(seat, name.strip(), consent.strip(), utc_now())
        key = {"session_id": session_id, "seat": seat}
        row = {"name": person.name, "consent": person.consent}
        table = schema.people
        with told(self.engine.url), self.engine.begin() as connection:
            connection.execute(table.delete().filter_by(**key))
            connection.execute(
                table.insert().values(**key, **row, consented_at=stored(person.consented_at))
            )
        return person

    def forget_seat(self, session_id: str, seat: int) -> None:
        """Deletes all that is kept of one person of a session: readings, alerts, name.

        The room's figures stay: they are of five people or more, and hold nobody's number.

        Raises:
            SessionError: the session is still being recorded.
        """
        session = self.session(session_id)
        if session.state() is State.RECORDING:
            raise SessionError(f"session {session_id} is being recorded", hint="stop it first")
        with told(self.engine.url), self.engine.begin() as connection:
            _forget(connection, session.id, seat)
        self._clean()

    def forget_name(self, name: str) -> int:
        """Does `forget_seat` wherever this name was enrolled, whoever has the session.

        Returns:
            The number of seats that were forgotten.
        """
        table = schema.people
        owners = schema.sessions.c.owner
        query = sa.select(table.c.session_id, table.c.seat, owners).join(schema.sessions)
        with told(self.engine.url), self.engine.connect() as connection:
            found = connection.execute(query.where(table.c.name == name)).all()
        for row in found:
            self.of(row.owner).forget_seat(row.session_id, row.seat)
        return len(found)

    def delete(self, session_id: str) -> None:
        """Deletes a session with everything that belongs to it.

        Raises:
            SessionError: there is no such session.
        """
        session = self.session(session_id)
        table = schema.sessions
        with told(self.engine.url), self.engine.begin() as connection:
            connection.execute(table.delete().where(table.c.id == session.id))
        self._clean()

    def purge(self, *, days: float, now: datetime | None = None) -> list[Session]:
        """Deletes everybody's sessions whose last figure is older than `days`.

        Their space is given back.

        Returns:
            What was deleted.
        """
        limit = (now or utc_now()) - timedelta(days=days)
        table = schema.sessions
        query = table.select().where(table.c.updated_at < stored(limit))
        with told(self.engine.url), self.engine.connect() as connection:
            old = [to_session(row) for row in connection.execute(query)]
        if not old:
            return []
        with told(self.engine.url), self.engine.begin() as connection:
            connection.execute(table.delete().where(table.c.id.in_([s.id for s in old])))
        self._clean(thoroughly=True)
        return old

    def _clean(self, *, thoroughly: bool = False) -> None:
        """Takes what was deleted out of the database's files."""
        # SQLAlchemy begins a transaction for all it does, and VACUUM wants none.
        with told(self.engine.url), closing(self.engine.raw_connection()) as connection:
            cursor, driver = connection.cursor(), connection.driver_connection
            if self.engine.dialect.name == "postgresql" and driver is not None:
                connection.rollback()
                driver.autocommit = True
                cursor.execute("VACUUM sessions, moods, marks, alerts, batches, people")
                driver.autocommit = False
                return
            if thoroughly:
                cursor.execute("VACUUM")
            # Without this the write-ahead log still holds what was there before.
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _batches(session_id: str) -> sa.Select[Any]:
    return sa.select(schema.batches.c.data).where(schema.batches.c.session_id == session_id)


def _forget(connection: Connection, session_id: str, seat: int) -> None:
    key = {"session_id": session_id, "seat": seat}
    connection.execute(schema.people.delete().filter_by(**key))
    connection.execute(schema.alerts.delete().filter_by(**key))
    table = schema.batches
    rows = connection.execute(table.select().where(table.c.session_id == session_id)).all()
    for row in rows:
        records = unpack([row.data])
        kept = records[records["seat"] != seat]
        if len(kept) < len(records):
            where = (table.c.session_id == session_id) & (table.c.number == row.number)
            connection.execute(table.update().where(where).values(data=kept.tobytes()))
