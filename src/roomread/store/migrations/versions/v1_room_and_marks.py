"""The room's figures and the teacher's marks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v1"
down_revision = None

_EXPRESSIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


def upgrade() -> None:
    """Makes the tables."""
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
    )
    op.create_table(
        "moods",
        sa.Column(
            "session_id",
            sa.String(16),
            sa.ForeignKey("sessions.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("time_ms", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("present", sa.Integer, nullable=False),
        sa.Column("readable", sa.Integer, nullable=False),
        *(sa.Column(name, sa.REAL) for name in _EXPRESSIONS),
        sa.Column("baseline", sa.REAL),
    )
    op.create_table(
        "marks",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "session_id",
            sa.String(16),
            sa.ForeignKey("sessions.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("time_ms", sa.Integer, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.UniqueConstraint("session_id", "time_ms", "label", name="one_mark"),
    )
