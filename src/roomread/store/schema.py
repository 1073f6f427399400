"""The tables of sessions after the newest migration. No column contains pictures."""

from __future__ import annotations

from sqlalchemy import (
    REAL,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from roomread.readings import Expression

# The migration that leads to these tables.
REVISION = "0010"

metadata = MetaData()


def _session_key() -> Column[str]:
    key = ForeignKey("sessions.id", ondelete="CASCADE")
    return Column("session_id", String(16), key, primary_key=True)


sessions = Table(
    "sessions",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("threshold", Float, nullable=False),
    # Times are UTC without a time zone, which SQLite does not support.
    Column("started_at", DateTime, nullable=False),
    Column("updated_at", DateTime, nullable=False),
    Column("ended_at", DateTime),
    Column("rules", Text, nullable=False),
    Column("keeps_people", Boolean, nullable=False),
    Column("consent", Text, nullable=False),
    Column("notice", Text, nullable=False, server_default=""),
    Column("notice_at", DateTime),
    # The service's id of a user or key, or `LOCAL_OWNER` for the computer's own user.
    Column("owner", Text, nullable=False),
    # The intended use of the installation when the session was created; empty where not chosen.
    Column("purpose", String(32), nullable=False),
    Column("region", String(16), nullable=False),
    Index("sessions_by_owner", "owner", "started_at"),
)
moods = Table(
    "moods",
    metadata,
    _session_key(),
    Column("time_ms", Integer, primary_key=True, autoincrement=False),
    Column("present", Integer, nullable=False),
    Column("readable", Integer, nullable=False),
    *(Column(e.display_name, REAL) for e in Expression),
    Column("baseline", REAL),
    # The share of people who show each taught state, as JSON; null if no state was looked for.
    Column("states", Text),
    # The share of the people present whose head is turned away; null where it is not known.
    Column("looking_away", REAL),
    # The number of people who could not be read by reason, as JSON; null where it is not known.
    Column("excluded", Text),
)
# The columns of which a mood is built. Excluded people are only counted over a whole session.
MOOD_COLUMNS = tuple(column for column in moods.columns if column.name != "excluded")
marks = Table(
    "marks",
    metadata,
    _session_key(),
    Column("time_ms", Integer, primary_key=True, autoincrement=False),
    Column("label", Text, primary_key=True),
)
# What was said or written in a session, without names, from the transcript of its user.
passages = Table(
    "passages",
    metadata,
    _session_key(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("time_ms", Integer, nullable=False),
    Column("ended_ms", Integer, nullable=False),
    Column("text", Text, nullable=False),
)
alerts = Table(
    "alerts",
    metadata,
    _session_key(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("time_ms", Integer, nullable=False),
    Column("ended_ms", Integer),
    Column("seat", Integer),
    Column("rule", Text, nullable=False),
    Column("certainty", REAL, nullable=False),
    Column("value", REAL, nullable=False, server_default="0"),
    Column("before", REAL),
    Column("seconds", Integer, nullable=False, server_default="0"),
)
batches = Table(
    "batches",
    metadata,
    _session_key(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    # Packed by `roomread.store.packing`.
    Column("data", LargeBinary, nullable=False),
)
people = Table(
    "people",
    metadata,
    _session_key(),
    Column("seat", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("consent", Text, nullable=False),
    Column("consented_at", DateTime, nullable=False),
    Index("people_by_name", "name"),
)
# Rooms that students join with a code; each is recorded into one session.
rooms = Table(
    "rooms",
    metadata,
    _session_key(),
    # Null once the room is closed, so that the code is free again.
    Column("code", String(8)),
    Column("faces", Boolean, nullable=False),
    # The lowest seat number that is known never to have been assigned.
    Column("next_seat", Integer, nullable=False),
    Column("paused", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("code", name="one_room"),
)
# Counts of the people in a room who pressed each button; null with fewer than five people.
reports = Table(
    "reports",
    metadata,
    _session_key(),
    Column("time_ms", Integer, primary_key=True, autoincrement=False),
    Column("people", Integer, nullable=False),
    *(Column(name, Integer) for name in ("taps", "ok", "lost", "slower", "faster", "presses")),
)
