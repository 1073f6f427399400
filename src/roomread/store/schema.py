"""The tables of the database, as the newest migration leaves them. No column holds a picture."""

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
from roomread.store.records import LOCAL_OWNER

# The migration that these tables are the result of.
REVISION = "v3"

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
    # UTC; SQLite knows no time zones.
    Column("started_at", DateTime, nullable=False),
    Column("updated_at", DateTime, nullable=False),
    Column("ended_at", DateTime),
    Column("rules", Text, nullable=False, server_default=""),
    Column("keeps_people", Boolean, nullable=False, server_default=false()),
    Column("consent", Text, nullable=False, server_default=""),
    # The service's id of a user or key, or `LOCAL_OWNER` for the computer's own user.
    Column("owner", Text, nullable=False, server_default=LOCAL_OWNER),
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
)
marks = Table(
    "marks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("session_id", String(16), ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
    Column("time_ms", Integer, nullable=False),
    Column("label", Text, nullable=False),
    UniqueConstraint("session_id", "time_ms", "label", name="one_mark"),
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
    Column("why", Text, nullable=False),
    Column("sure", REAL, nullable=False),
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
