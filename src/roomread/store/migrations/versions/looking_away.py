"""Add to moods the share of the people who look away.

Batches of readings that are written from here on also have poses and closed eyes. They state their
format themselves (`roomread.store.packing`), so that those that exist stay as they are.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the column, empty for the moods that exist."""
    op.add_column("moods", sa.Column("looking_away", sa.REAL))
