"""Store the sessions and other data of one owner."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy.engine import Connection

from roomread.errors import SessionError, SessionHeldError, SessionNotFoundError
from roomread.joining.reports import ReportSample
from roomread.room import DEFAULT_RULES, Alert, RoomMood, parse_rules
from roomread.room.mood_columns import MoodColumns
from roomread.room.session import Mark, Passage, Person, Session, State
from roomread.store import schema
from roomread.store.database import Database
from roomread.store.job_store import OwnerJobs
from roomread.store.marks import add_marks, count_marks, read_marks, remove_mark
from roomread.store.mood_rows import (
    read_excluded,
    read_last_mood,
    read_last_time,
    read_mood_columns,
    read_moods,
)
from roomread.store.packing import StoredReadings, unpack
from roomread.store.passages import read_passages, replace_passages
from roomread.store.people import read_people, write_person
from roomread.store.pieces import Piece, begin_writing, last_number, read_batches, write_piece
from roomread.store.preference_rows import PreferenceRows
from roomread.store.profile_rows import OwnerProfiles
from roomread.store.records import LAST_TIME, source_name, storable
from roomread.store.room_store import OwnerRooms, read_reports
from roomread.store.rows import (
    delete_seat,
    read_session,
    read_sessions,
    session_row,
    stored,
    to_alert,
    utc_now,
)
from roomread.store.session_listing import OwnerListing


class OwnerStore:
    """The sessions and other data of one owner, opened by `Store.owned_by`.

    Every method with a `session_id` requires a complete id and raises `SessionNotFoundError` if
    this owner has no such session. Sessions of other owners are reported in the same way as
    sessions that do not exist. All methods raise `DatabaseError` if the database fails.

    Args:
        database: The database that contains the sessions.
        owner: The id of the owner.
        process_id: The id under which this process holds leases.
    """

    def __init__(self, database: Database, owner: str, process_id: str = "") -> None:
        self._database, self._owner, self._process_id = database, owner, process_id

    @property
    def owner(self) -> str:
        """The id of the owner, as it was passed to `Store.owned_by`."""
        return self._owner

    @property
    def jobs(self) -> OwnerJobs:
        """The jobs of this owner."""
        return OwnerJobs(self._database, self._owner)

    @property
    def rooms(self) -> OwnerRooms:
        """The rooms of this owner that students join."""
        return OwnerRooms(self._database, self._owner)

    @property
    def listing(self) -> OwnerListing:
        """Queries that list this owner's sessions without loading every session."""
        return OwnerListing(self._database, self._owner)

    @property
    def profiles(self) -> OwnerProfiles:
        """The profiles of this owner in the database."""
        return OwnerProfiles(self._database, self._owner)

    def preferences(self) -> str | None:
        """Return the preferences of this owner as JSON text, or None if they are not stored."""
        return PreferenceRows(self._database).content(self._owner)

    def keep_preferences(self, content: str) -> None:
        """Replace the preferences of this owner with a JSON text."""
        PreferenceRows(self._database).keep(self._owner, content)

    @property
    def database(self) -> str:
        """The name of the database for messages, without a password."""
        return str(self._database)

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
        purpose: str = "",
        region: str = "",
        notice: str = "",
    ) -> Session:
        """Create an empty session for a `Recorder`.

        Args:
            name: The title of the session.
            source: The name of the source; a password or query in a URL is removed.
            model: The net's name and digest.
            threshold: The confidence under which the net withholds an expression, 0..1.
            rules: The alert rules, one per line.
            keeps_people: Whether the readings of each person are stored in addition to the moods.
            consent: A text that records who consented and how; required with `keeps_people`.
            purpose: What the installation is used for; see `roomread.services.purpose`.
            region: The region where the installation is used.
            notice: How the people were informed that their expressions are read.

        Raises:
            SessionError: The name is empty, or readings of people would be stored without consent.
            RulesError: The rules cannot be parsed.
        """
        name, consent, notice = (storable(text).strip() for text in (name, consent, notice))
        rules = storable(rules)
        if not name:
            raise SessionError("a session needs a name", hint='give it a name such as "Algebra 7b"')
        if keeps_people and not consent:
            raise SessionError(
                "readings of individual people are stored only with their consent",
                hint='say who consented and how, such as "all 28, in writing, 2 September"',
            )
        parse_rules(rules)
        now = utc_now()
        session = Session(
            id=secrets.token_hex(4),
            name=name,
            source=source_name(storable(source)),
            model=model,
            threshold=threshold,
            started_at=now,
            updated_at=now,
            ended_at=None,
            rules=rules,
            keeps_people=keeps_people,
            consent=consent if keeps_people else "",
            notice=notice,
            notice_at=now if notice else None,
            owner=self._owner,
            purpose=purpose,
            region=region,
        )
        with self._database.writing() as connection:
            connection.execute(schema.sessions.insert().values(session_row(session)))
        return session

    def sessions(self, *, before: str = "", limit: int | None = None) -> list[Session]:
        """Return the sessions of this owner, newest first.

        Args:
            before: The id of the session after which the list begins; "" for the newest session.
            limit: The maximum number of sessions; None for all.

        Raises:
            SessionNotFoundError: No session of this owner has the id `before`.
        """
        with self._database.reading() as connection:
            last = self._check(connection, before) if before else None
            return read_sessions(connection, self._owner, last=last, limit=limit)

    def session(self, session_id: str) -> Session:
        """Return the session with the given id."""
        with self._database.reading() as connection:
            return self._check(connection, session_id)

    def find(self, session_id: str) -> Session | None:
        """Return the session with the given id, or None if this owner has no such session."""
        try:
            return self.session(session_id)
        except SessionNotFoundError:
            return None

    def end(self, session_id: str) -> None:
        """Record that the session has ended."""
        with self._database.writing() as connection:
            self._check(connection, session_id)
            update = schema.sessions.update().where(schema.sessions.c.id == session_id)
            connection.execute(update.values(ended_at=stored(utc_now())))

    def reopen(self, session_id: str) -> None:
        """Mark a session as running; if it had ended, it continues."""
        with self._database.writing() as connection:
            self._check(connection, session_id)
            update = schema.sessions.update().where(schema.sessions.c.id == session_id)
            connection.execute(update.values(ended_at=None, updated_at=stored(utc_now())))

    def next_piece(self, session_id: str) -> int:
        """Return the number of the next `Piece` to append; the first piece is number 1."""
        with self._database.reading() as connection:
            self._check(connection, session_id)
            return last_number(connection, session_id) + 1

    def append(self, session_id: str, pieces: Sequence[Piece]) -> None:
        """Append `Piece`s to a session in one transaction; ignore pieces that it already contains.

        Raises:
            SessionHeldError: Another process holds the lease of the session.
        """
        with self._database.writing() as connection:
            if not begin_writing(connection, session_id, self._owner, self._process_id):
                self._check(connection, session_id)
                problem = f"session {session_id} is recorded by another process now"
                raise SessionHeldError(problem)
            for piece in pieces:
                write_piece(connection, session_id, piece)

    def moods(
        self,
        session_id: str,
        *,
        since: float = 0.0,
        until: float = LAST_TIME,
        limit: int | None = None,
    ) -> list[RoomMood]:
        """Return the room's moods with unrounded shares of the expressions, oldest first.

        Users see only the values that `roomread.formats.figures` derives from these moods.

        Args:
            session_id: The id of the session.
            since: The time of the first mood to return, s.
            until: The time up to which moods are returned, s.
            limit: The maximum number of moods; None for all.
        """
        with self._database.reading() as connection:
            self._check(connection, session_id)
            return read_moods(connection, session_id, since, until, limit)

    def mood_columns(self, session_id: str) -> MoodColumns:
        """Return all moods of the room, unrounded, as columns, which take less memory."""
        with self._database.reading() as connection:
            self._check(connection, session_id)
            return read_mood_columns(connection, session_id)

    def excluded(self, session_id: str) -> list[tuple[int, Mapping[str, int] | None]]:
        """Return each mood's number of people present, and of unreadable people by reason."""
        with self._database.reading() as connection:
            self._check(connection, session_id)
            return read_excluded(connection, session_id)

    def last_mood(self, session_id: str) -> RoomMood | None:
        """Return the newest mood, or None if the session has none."""
        with self._database.reading() as connection:
            self._check(connection, session_id)
            return read_last_mood(connection, session_id)

    def last_time(self, session_id: str) -> float | None:
        """Return the time of the newest mood or reading, s; None if the session has neither."""
        with self._database.reading() as connection:
            self._check(connection, session_id)
            return read_last_time(connection, session_id)

    def readings(self, session_id: str) -> StoredReadings:
        """Return the readings of individual people; empty if the session does not store them."""
        with self._database.reading() as connection:
            session = self._check(connection, session_id)
            blobs = read_batches(connection, session_id)
            names = {person.seat: person.name for person in read_people(connection, session_id)}
        return StoredReadings(unpack(blobs), session, names)

    def alerts(self, session_id: str) -> list[Alert]:
        """Return the session's alerts in the order in which they were raised."""
        table = schema.alerts
        query = table.select().where(table.c.session_id == session_id).order_by(table.c.number)
        with self._database.reading() as connection:
            self._check(connection, session_id)
            return [to_alert(row) for row in connection.execute(query)]

    def marks(self, session_id: str) -> list[Mark]:
        """Return the session's marks, earliest first."""
        with self._database.reading() as connection:
            self._check(connection, session_id)
            return read_marks(connection, session_id)

    def count_marks(self, session_id: str) -> int:
        """Return the number of the session's marks."""
        with self._database.reading() as connection:
            self._check(connection, session_id)
            return count_marks(connection, session_id)

    def mark(self, session_id: str, marks: Iterable[Mark]) -> None:
        """Add marks; a mark that already exists is ignored.

        Raises:
            SessionError: A time is negative or too large, a label is empty, or the session would
                have more than `MAX_MARKS` marks.
        """
        with self._database.writing() as connection:
            self._check(connection, session_id)
            add_marks(connection, session_id, marks)

    def unmark(self, session_id: str, mark: Mark) -> None:
        """Remove a mark; a no-op if it does not exist."""
        with self._database.writing() as connection:
            self._check(connection, session_id)
            remove_mark(connection, session_id, mark)

    def passages(self, session_id: str) -> list[Passage]:
        """Return the passages of the transcript that the user uploaded, earliest first."""
        with self._database.reading() as connection:
            self._check(connection, session_id)
            return read_passages(connection, session_id)

    def keep_passages(self, session_id: str, passages: Sequence[Passage]) -> None:
        """Replace the passages of the session's transcript.

        Raises:
            SessionError: There are more than `MAX_PASSAGES`, or a time is negative or too large.
        """
        with self._database.writing() as connection:
            self._check(connection, session_id)
            replace_passages(connection, session_id, passages)

    def reports(self, session_id: str) -> list[ReportSample]:
        """Return the samples of what a room's students reported with buttons, earliest first."""
        with self._database.reading() as connection:
            self._check(connection, session_id)
            return read_reports(connection, session_id)

    def people(self, session_id: str) -> list[Person]:
        """Return the people who were named in the session, sorted by seat number."""
        with self._database.reading() as connection:
            self._check(connection, session_id)
            return read_people(connection, session_id)

    def enrol(self, session_id: str, seat: int, name: str, *, consent: str) -> Person:
        """Name the person at a seat, in place of an earlier name.

        Args:
            session_id: The id of the session.
            seat: The number of a seat that occurs in the session's readings.
            name: The person's name.
            consent: How this person agreed to be named.

        Raises:
            SessionError: The session stores no readings of people or no readings of this seat, or
                the name or the consent is empty.
        """
        name, consent = storable(name).strip(), storable(consent).strip()
        if not name or not consent:
            raise SessionError(
                "naming a seat needs the person's consent and a name",
                hint="give the name, and record how the person consented",
            )
        if not self.session(session_id).keeps_people:
            raise SessionError(
                f"session {session_id} has no readings of individual people to name",
                hint="create a session that stores the readings of individuals, with their consent",
            )
        if seat not in self.readings(session_id).seats:
            raise SessionError(f"session {session_id} has no readings of seat {seat}")
        person = Person(seat, name, consent, utc_now())
        with self._database.writing() as connection:
            self._check(connection, session_id)
            write_person(connection, session_id, person)
        return person

    def forget_seat(self, session_id: str, seat: int) -> None:
        """Delete all data of the person at a seat: readings, alerts and name.

        The room's moods are kept: they contain no seats, and only scores of five or more people.

        Raises:
            SessionError: The session is being recorded.
        """
        with self._database.writing() as connection:
            session = self._check(connection, session_id)
            if session.state() is State.RECORDING:
                raise SessionError(f"session {session_id} is being recorded", hint="stop it first")
            delete_seat(connection, session_id, seat)
        self._database.erase_deleted()

    def delete(self, session_id: str) -> None:
        """Delete a session and everything that belongs to it."""
        with self._database.writing() as connection:
            self._check(connection, session_id)
            table = schema.sessions
            connection.execute(table.delete().where(table.c.id == session_id))
        self._database.erase_deleted()

    def _check(self, connection: Connection, session_id: str) -> Session:
        return read_session(connection, session_id, self._owner)
