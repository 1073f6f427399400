"""Add to moods the share of the people who show each taught state."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column `moods.states`, which is null in existing rows."""
    op.add_column("moods", sa.Column("states", sa.Text))
