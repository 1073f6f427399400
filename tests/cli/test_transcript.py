"""Tests of `roomread session transcript` and `roomread session slides`."""

from __future__ import annotations

from pathlib import Path

import pytest

from program import Program
from recorded_classes import record_class
from roomread.cli.transcript import parse_offset
from roomread.errors import SessionError
from roomread.store import OwnerStore


@pytest.fixture
def session_id(local_sessions: OwnerStore) -> str:
    """Return the id of a session of three minutes, in a new database."""
    session = local_sessions.create("Algebra 7b")
    record_class(local_sessions, session, 180, people=6, every=2.0)
    return session.id


def test_chat_is_aligned_with_the_session_by_the_time_of_day(
    roomread: Program, tmp_path: Path, session_id: str
) -> None:
    (tmp_path / "chat.txt").write_text("09:01:00 From Ann : and now?\n")
    result = roomread("session", "transcript", session_id, "chat.txt")
    assert result.returncode == 2
    (line,) = result.stderr.decode().splitlines()
    assert line.startswith(
        "roomread: chat.txt: its first message is at 9:01:00, but the offset to the "
        "session is unknown"
    )
    assert "--started" in line
    result = roomread("session", "transcript", session_id, "chat.txt", "--started", "9:00:00")
    assert result.stdout.decode() == "1 passage kept, from 1:00 to 1:10\n"
    result = roomread("session", "slides", session_id, "chat.txt")
    assert result.returncode == 2
    assert b"chat.txt: is not a presentation that can be read" in result.stderr


@pytest.mark.parametrize(("text", "seconds"), [("90", 90.0), ("-1:30", -90.0), ("1:02:03", 3723.0)])
def test_time_offset_is_parsed_and_may_be_negative(text: str, seconds: float) -> None:
    assert parse_offset(text) == seconds


def test_text_that_is_not_an_offset_is_refused() -> None:
    with pytest.raises(SessionError, match="is not a time"):
        parse_offset("--5")
