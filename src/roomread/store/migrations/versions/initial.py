"""Create the first tables: those for sessions, accounts, profiles, jobs and leases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_EXPRESSIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


def upgrade() -> None:
    """Create all tables of the first revision."""
    _create_sessions()
    _create_parts_of_sessions()
    _create_accounts()
    _create_jobs()


def _create_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("threshold", sa.Float, nullable=False),
        sa.Column("started_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.Column("ended_at", sa.DateTime),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("keeps_people", sa.Boolean, nullable=False),
        sa.Column("consent", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
    )
    op.create_index("sessions_by_owner", "sessions", ["owner", "started_at"])


def _create_parts_of_sessions() -> None:
    op.create_table(
        "moods",
        _session(),
        sa.Column("time_ms", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("present", sa.Integer, nullable=False),
        sa.Column("readable", sa.Integer, nullable=False),
        *(sa.Column(name, sa.REAL) for name in _EXPRESSIONS),
        sa.Column("baseline", sa.REAL),
    )
    op.create_table(
        "marks",
        _session(),
        sa.Column("time_ms", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("label", sa.Text, primary_key=True),
    )
    op.create_table(
        "alerts",
        _session(),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("time_ms", sa.Integer, nullable=False),
        sa.Column("ended_ms", sa.Integer),
        sa.Column("seat", sa.Integer),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("certainty", sa.REAL, nullable=False),
    )
    op.create_table(
        "batches",
        _session(),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "people",
        _session(),
        sa.Column("seat", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("consent", sa.Text, nullable=False),
        sa.Column("consented_at", sa.DateTime, nullable=False),
    )
    op.create_index("people_by_name", "people", ["name"])
    op.create_table(
        "rooms",
        _session(),
        sa.Column("code", sa.String(8)),
        sa.Column("faces", sa.Boolean, nullable=False),
        sa.Column("next_seat", sa.Integer, nullable=False),
        sa.UniqueConstraint("code", name="one_room"),
    )
    counts = ("taps", "ok", "lost", "slower", "faster", "presses")
    op.create_table(
        "reports",
        _session(),
        sa.Column("time_ms", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("people", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Integer) for name in counts),
    )


def _session() -> sa.Column[str]:
    key = sa.ForeignKey("sessions.id", ondelete="CASCADE")
    return sa.Column("session_id", sa.String(16), key, primary_key=True)


def _create_accounts() -> None:
    op.create_table(
        "secrets",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table("users", *_account(), sa.UniqueConstraint("name", name="one_user"))
    op.create_table("keys", *_account())
    op.create_table(
        "sign_ins",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column("principal", sa.Text, nullable=False),
        sa.Column("begun", sa.Float, nullable=False),
    )
    op.create_index("sign_ins_by_age", "sign_ins", ["begun"])
    op.create_table(
        "profiles",
        sa.Column("owner", sa.Text, primary_key=True),
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("content", sa.Text, nullable=False),
    )


def _account() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
    )


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("upload", sa.Text),
        sa.Column("annotated", sa.Boolean, nullable=False),
        sa.Column("every", sa.Float),
        sa.Column("profiles", sa.Integer, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("duration", sa.Float),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("started", sa.Float),
        sa.Column("ended", sa.Float),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("cancelled", sa.Boolean, nullable=False),
    )
    op.create_index("jobs_by_owner", "jobs", ["owner", "created"])
    op.create_table(
        "leases",
        sa.Column("resource", sa.String(64), primary_key=True),
        sa.Column("holder", sa.String(32), nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("expires", sa.Float, nullable=False),
    )
    op.create_index("leases_by_holder", "leases", ["holder"])
