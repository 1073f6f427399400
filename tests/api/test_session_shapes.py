from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

pytest.importorskip("fastapi", reason="needs the app extra")

from pydantic import BaseModel, ValidationError

from roomread.api import session_shapes as shapes
from roomread.room import Alert, Mark, Person, RoomMood
from roomread.room.session import Session, State
from roomread.services.ingest import IngestReport

NOW = datetime(2026, 9, 2, 8, tzinfo=UTC)
RULES = "room happy above 1% for 5 s\nroom negative above 40% for 60 s"
SESSION = Session(
    id="0a1b2c3d",
    name="Algebra 7b",
    source="a room",
    model="compact 3f2a",
    threshold=0.45,
    started_at=NOW,
    updated_at=NOW,
    ended_at=NOW,
    rules=RULES,
    keeps_people=True,
    consent="all, in writing",
    owner="user:anna",
)
ALERT = Alert(1, 60.0, "room coverage below 20% for 30 s", 0.1, 0.9, 30)


def test_session_response_lists_the_rules_and_omits_the_owner() -> None:
    shape = shapes.session_shape(SESSION)
    assert shape.rules == RULES.splitlines()
    assert (shape.state, shape.started_at, shape.notice_at) == (State.ENDED, NOW, None)
    assert "user:anna" not in shape.model_dump_json()
    running = replace(SESSION, ended_at=None, updated_at=datetime.now(UTC))
    assert shapes.session_shape(running).state is not State.ENDED


def test_mood_of_an_ingest_response_is_null_before_the_first_mood() -> None:
    none = shapes.ingest_shape(IngestReport(1, 2, None, []))
    assert (none.accepted, none.repeated, none.mood, none.alerts) == (1, 2, None, [])
    shape = shapes.ingest_shape(IngestReport(3, 0, RoomMood(9.0, 6, 5), [ALERT]))
    assert shape.mood is not None
    assert (shape.mood.time, shape.mood.present, shape.mood.readable) == (9.0, 6, 5)
    assert [alert.rule for alert in shape.alerts] == [ALERT.rule]


def test_responses_for_a_person_and_a_mark_contain_every_field() -> None:
    person = shapes.person_shape(Person(3, "Asha", "a letter", NOW))
    assert (person.seat, person.name, person.consented_at) == (3, "Asha", NOW)
    mark = shapes.mark_shape(Mark(750.0, "quiz & <co>"))
    assert (mark.time, mark.label) == (750.0, "quiz & <co>")


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        (shapes.MarkInput, {"label": "quiz", "time": -1}),
        (shapes.MarkInput, {"label": "quiz", "time": float("nan")}),
        (shapes.MarkInput, {"label": " "}),
        (shapes.MarkInput, {"label": "quiz", "at": 3}),
        (shapes.PersonInput, {"name": "Asha"}),
        (shapes.PersonInput, {"name": "Asha", "consent": ""}),
        (shapes.PersonInput, {"name": "", "consent": "a letter"}),
    ],
)
def test_request_with_an_empty_missing_or_unknown_value_is_refused(
    kind: type[BaseModel], asked: dict[str, object]
) -> None:
    with pytest.raises(ValidationError):
        kind.model_validate(asked)
