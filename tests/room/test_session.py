from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from roomread.room.session import Session, State

START = datetime(2026, 9, 1, 8, tzinfo=UTC)
SESSION = Session(
    id="0a1b2c3d",
    name="Algebra 7b",
    source="lesson.mp4",
    model="compact",
    threshold=0.4,
    started_at=START,
    updated_at=START + timedelta(minutes=5),
    ended_at=None,
    rules="",
    keeps_people=False,
    consent="",
)


@pytest.mark.parametrize(
    ("seconds", "state"),
    [(0, State.RECORDING), (60, State.RECORDING), (61, State.INTERRUPTED)],
)
def test_session_counts_as_interrupted_after_a_minute_without_a_write(
    seconds: int, state: State
) -> None:
    assert SESSION.state(SESSION.updated_at + timedelta(seconds=seconds)) is state


def test_ended_session_is_not_reported_as_interrupted_later() -> None:
    ended = replace(SESSION, ended_at=SESSION.updated_at)
    assert ended.state(SESSION.updated_at) is State.ENDED
    assert ended.state() is State.ENDED


def test_state_of_a_session_refers_to_the_present_time_by_default() -> None:
    now = datetime.now(UTC)
    assert replace(SESSION, updated_at=now).state() is State.RECORDING
    assert replace(SESSION, updated_at=now - timedelta(hours=1)).state() is State.INTERRUPTED
