"""Add to sessions the purpose and the region of the installation that recorded them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns `purpose` and `region` to sessions; both are empty in existing rows."""
    for name, length in (("purpose", 32), ("region", 16)):
        column = sa.Column(name, sa.String(length), nullable=False, server_default="")
        op.add_column("sessions", column)
