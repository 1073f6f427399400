"""Add to moods the shares of states that were taught."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column, empty for the moods that exist."""
    op.add_column("moods", sa.Column("states", sa.Text))
