"""Add a column to rooms that states whether they are paused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column `rooms.paused`, which is false in existing rows."""
    op.add_column(
        "rooms", sa.Column("paused", sa.Boolean, nullable=False, server_default=sa.false())
    )
