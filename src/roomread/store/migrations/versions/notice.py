"""Add to sessions how and when people were informed that their expressions are read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add to sessions `notice`, empty in existing rows, and `notice_at`, null in existing rows."""
    op.add_column("sessions", sa.Column("notice", sa.Text, nullable=False, server_default=""))
    op.add_column("sessions", sa.Column("notice_at", sa.DateTime))
