"""Whose a session is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v3"
down_revision = "v2"


def upgrade() -> None:
    """Gives sessions of before to the computer's own user, who alone could make any."""
    owner = sa.Column("owner", sa.Text, nullable=False, server_default="local")
    op.add_column("sessions", owner)
    op.create_index("sessions_by_owner", "sessions", ["owner", "started_at"])
