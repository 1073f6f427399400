"""Add a table of the passages that were said or written in sessions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the table `passages`."""
    session = sa.ForeignKey("sessions.id", ondelete="CASCADE")
    op.create_table(
        "passages",
        sa.Column("session_id", sa.String(16), session, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("time_ms", sa.Integer, nullable=False),
        sa.Column("ended_ms", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
