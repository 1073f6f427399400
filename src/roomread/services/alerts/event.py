"""The message about one alert that other programs receive."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from roomread.room import Alert


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """The message that an alert began or ended; docs/how-to/alerts.md documents its fields.

    Attributes:
        session: The id of the session.
        alert: The number of the alert in its session, from 1.
        rule: The text of the rule.
        state: The state of the room in words, with the values that raised the alert.
        time: The time at which the alert was raised, seconds from the start of the session.
        ended: The time at which the alert ended, seconds from the start of the session; None while
            the alert is active.
        created_at: The time at which the event was made, UTC.
    """

    session: str
    alert: int
    rule: str
    state: str
    time: float
    ended: float | None
    created_at: datetime

    @property
    def kind(self) -> str:
        """The type of the event: "alert.raised" for a new alert, "alert.ended" for its end."""
        return "alert.raised" if self.ended is None else "alert.ended"

    @property
    def id(self) -> str:
        """The id of the event, which stays the same when the event is sent again."""
        return f"{self.session}-{self.alert}-{self.kind.removeprefix('alert.')}"

    def to_dict(self) -> dict[str, Any]:
        """Return the event as plain values."""
        return {
            "schema": 1,
            "id": self.id,
            "type": self.kind,
            "created_at": self.created_at.isoformat(timespec="seconds"),
            "session": self.session,
            "alert": self.alert,
            "rule": self.rule,
            "state": self.state,
            "time": round(self.time, 3),
            "ended": round(self.ended, 3) if self.ended is not None else None,
        }

    def to_json(self) -> bytes:
        """Return the event as JSON in UTF-8."""
        return json.dumps(self.to_dict()).encode()


def room_events(session_id: str, alerts: Iterable[Alert]) -> list[AlertEvent]:
    """Return an event for each alert about the whole room.

    Alerts about a person are left out, because consent to store a person's readings is not consent
    to send the readings to other programs.

    Args:
        session_id: The id of the session of the alerts.
        alerts: The alerts that begin or end at the same time.
    """
    now = datetime.now(UTC)
    return [
        AlertEvent(session_id, alert.number, alert.rule, alert.reason, alert.time, alert.ended, now)
        for alert in alerts
        if alert.seat is None
    ]
