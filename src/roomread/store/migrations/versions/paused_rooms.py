"""Add to rooms whether they are paused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column; no room that exists is paused."""
    op.add_column(
        "rooms", sa.Column("paused", sa.Boolean, nullable=False, server_default=sa.false())
    )
