from __future__ import annotations

import json

from roomread.room import Alert
from roomread.services.alerts.event import room_events

RULE = "room negative above 40% for 1 min"
REASON = "room: negative 45% on average over 60 s"


def test_event_has_the_fields_of_the_alert_without_its_certainty() -> None:
    (event,) = room_events("abc", [Alert(3, 61.0004, RULE, 0.45, 0.98765, 60)])
    sent = json.loads(event.to_json())
    assert sent.pop("created_at").endswith("+00:00")
    assert sent == {
        "schema": 1,
        "id": "abc-3-raised",
        "type": "alert.raised",
        "session": "abc",
        "alert": 3,
        "rule": RULE,
        "state": REASON,
        "time": 61.0,
        "ended": None,
    }


def test_end_of_an_alert_is_a_separate_event() -> None:
    (event,) = room_events("abc", [Alert(3, 61.0, RULE, 0.45, 1.0, 60, ended=90.0)])
    assert (event.id, event.kind, event.to_dict()["ended"]) == ("abc-3-ended", "alert.ended", 90.0)


def test_alert_about_a_person_is_not_sent() -> None:
    person = Alert(1, 30.0, "person negative above 50% for 30 s", 0.6, 0.6, 30, seat=2)
    assert room_events("abc", [person]) == []
