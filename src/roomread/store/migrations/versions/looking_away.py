"""Add to moods the share of the people who look away.

Batches of readings that are written from this revision on also contain poses and closed eyes. Each
batch states its own format (`roomread.store.packing`), so existing batches need no change.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the column `moods.looking_away`, which is null in existing rows."""
    op.add_column("moods", sa.Column("looking_away", sa.REAL))
