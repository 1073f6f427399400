"""Add to moods the number of people who could not be read, by reason."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the column `moods.excluded`, which is null (unknown) in existing rows."""
    op.add_column("moods", sa.Column("excluded", sa.Text))
