"""Rules and their alerts; people, their readings and their consent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v2"
down_revision = "v1"


def upgrade() -> None:
    """Adds what sessions of before have none of."""
    for column in (
        sa.Column("rules", sa.Text, nullable=False, server_default=""),
        sa.Column("keeps_people", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("consent", sa.Text, nullable=False, server_default=""),
    ):
        op.add_column("sessions", column)
    op.create_table(
        "alerts",
        _session(),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("time_ms", sa.Integer, nullable=False),
        sa.Column("ended_ms", sa.Integer),
        sa.Column("seat", sa.Integer),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("sure", sa.REAL, nullable=False),
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


def _session() -> sa.Column[str]:
    key = sa.ForeignKey("sessions.id", ondelete="CASCADE")
    return sa.Column("session_id", sa.String(16), key, primary_key=True)
