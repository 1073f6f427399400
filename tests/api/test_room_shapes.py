from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

pytest.importorskip("fastapi", reason="needs the app extra")

from pydantic import ValidationError

from roomread.api.room_shapes import (
    RoomInput,
    consent_shape,
    hard_minute_shape,
    join_link,
    room_now_shape,
    room_shape,
)
from roomread.joining import RoomStatus
from roomread.joining.hardest import HardMinute
from roomread.joining.reports import ReportCounts
from roomread.room.session import Session
from roomread.services.room_consent import ConsentText
from roomread.store import RoomRecord, State

NOW = datetime(2026, 9, 2, 8, tzinfo=UTC)
SESSION = Session(
    id="0a1b2c3d",
    name="Algebra 7b",
    source="a room",
    model="compact 3f2a",
    threshold=0.45,
    started_at=NOW,
    updated_at=NOW,
    ended_at=NOW,
    rules="",
    keeps_people=False,
    consent="",
    notice="slide",
    notice_at=NOW,
)
RECORD = RoomRecord("0a1b2c3d", "user:anna", "K7QXM3PD", faces=True, next_seat=1)
URL = "https://roomread.example.org/"


def test_open_room_has_a_code_and_a_join_link() -> None:
    shape = room_shape(RECORD, SESSION, URL)
    assert shape.code == "K7QX-M3PD"
    assert shape.link == "https://roomread.example.org/join?code=K7QX-M3PD"
    assert (shape.id, shape.name, shape.state) == ("0a1b2c3d", "Algebra 7b", State.ENDED)
    assert (shape.faces, shape.notice, shape.notice_at) == (True, "slide", NOW)


def test_closed_room_has_neither_code_nor_link_nor_status() -> None:
    closed = replace(RECORD, code=None)
    assert join_link(closed, URL) is None
    shape = room_now_shape(closed, SESSION, URL, None)
    assert (shape.code, shape.link, shape.status) == (None, None, None)


def test_withheld_counts_of_a_room_are_null() -> None:
    status = RoomStatus(28, 23, 2, 1, 0, 9, ReportCounts(lost=3), withheld=False)
    shape = room_now_shape(RECORD, SESSION, URL, status).status
    assert shape is not None
    assert (shape.people, shape.taps) == (28, 9)
    assert shape.reports is not None
    assert shape.reports.lost == 3
    few = replace(status, people=4, taps=None, reports=None)
    shape = room_now_shape(RECORD, SESSION, URL, few).status
    assert shape is not None
    assert (shape.taps, shape.reports) == (None, None)


@pytest.mark.parametrize(
    "asked",
    [{}, {"name": ""}, {"name": "  "}, {"name": "a", "color": "red"}, {"name": "a", "notice": 3}],
)
def test_room_without_a_name_or_with_unknown_fields_is_refused(asked: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RoomInput.model_validate(asked)


def test_responses_for_a_consent_text_and_a_hard_minute_contain_every_field() -> None:
    shape = hard_minute_shape(HardMinute(840.0, None, 0.4, 0.4))
    assert (shape.start, shape.valence, shape.lost) == (840.0, None, 0.4)
    text = ConsentText("2-en-taps", ("first", "second"))
    consent = consent_shape(text)
    assert (consent.version, consent.text) == ("2-en-taps", ["first", "second"])
    assert consent.sha256 == text.digest
