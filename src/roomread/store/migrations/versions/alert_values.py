"""Store the values of alerts instead of an English sentence."""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

# The sentences that earlier versions wrote.
_AVERAGE = re.compile(r": [a-z ]+ (?P<value>-?\d+)% on average over (?P<time>\S+) (?:s|min)")
_FALL = re.compile(
    r": valence fell from (?P<before>\S+) to (?P<value>\S+) in (?P<time>\S+) (?:s|min)"
)


def upgrade() -> None:
    """Replace the sentences of `alerts.reason` with a column for each of their values."""
    op.add_column("alerts", sa.Column("value", sa.REAL, nullable=False, server_default="0"))
    op.add_column("alerts", sa.Column("before", sa.REAL))
    op.add_column("alerts", sa.Column("seconds", sa.Integer, nullable=False, server_default="0"))
    _read_sentences(op.get_bind())
    op.drop_column("alerts", "reason")


def _read_sentences(connection: sa.Connection) -> None:
    names = ("session_id", "number", "reason", "value", "before", "seconds")
    alerts = sa.table("alerts", *(sa.column(name) for name in names))
    kept = sa.select(alerts.c.session_id, alerts.c.number, alerts.c.reason)
    for session_id, number, reason in connection.execute(kept).all():
        connection.execute(
            alerts.update()
            .where(alerts.c.session_id == session_id, alerts.c.number == number)
            .values(**_values(reason))
        )


def _values(reason: str) -> dict[str, float | int | None]:
    fall, average = _FALL.search(reason), _AVERAGE.search(reason)
    if fall is not None:
        value, before = float(fall["value"]), float(fall["before"])
        return {"value": value, "before": before, "seconds": _seconds(fall["time"])}
    if average is not None:
        return {"value": int(average["value"]) / 100, "seconds": _seconds(average["time"])}
    raise ValueError(f"the reason of an alert has an unknown form: {reason!r}")


def _seconds(time: str) -> int:
    """Convert a time that is written as s, m:ss or h:mm:ss to seconds."""
    seconds = 0
    for part in time.split(":"):
        seconds = 60 * seconds + int(part)
    return seconds
