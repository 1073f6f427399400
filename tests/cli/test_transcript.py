"""`roomread session transcript` and `slides`."""

from __future__ import annotations

from pathlib import Path

import pytest

from classes import lesson
from program import Program
from room_recorder import RoomRecorder
from roomread.cli.transcript import parse_offset
from roomread.errors import SessionError
from roomread.store import LOCAL_OWNER, Store


@pytest.fixture
def session_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of a session of three minutes, in a database of the test's own."""
    address = f"sqlite:///{tmp_path / 'roomread.db'}"
    monkeypatch.setenv("ROOMREAD_DATABASE_URL", address)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    everything = Store(address)
    store = everything.owned_by(LOCAL_OWNER)
    session = store.create("Algebra 7b")
    recorder = RoomRecorder(store, session)
    for time, readings in lesson(180, people=6, every=2.0):
        recorder.add_readings(time, readings)
    recorder.close()
    everything.close()
    return session.id


def test_chat_is_aligned_by_the_time_of_day(
    roomread: Program, tmp_path: Path, session_id: str
) -> None:
    (tmp_path / "chat.txt").write_text("09:01:00 From Ann : and now?\n")
    result = roomread("session", "transcript", session_id, "chat.txt")
    assert result.returncode == 2
    (line,) = result.stderr.decode().splitlines()
    assert line.startswith(
        "roomread: chat.txt: its first message is at 9:01:00 of an unknown clock"
    )
    assert "--started" in line
    result = roomread("session", "transcript", session_id, "chat.txt", "--started", "9:00:00")
    assert result.stdout.decode() == "1 passage kept, from 1:00 to 1:10\n"
    result = roomread("session", "slides", session_id, "chat.txt")
    assert result.returncode == 2
    assert b"chat.txt: is no presentation that can be read" in result.stderr


@pytest.mark.parametrize(("text", "seconds"), [("90", 90.0), ("-1:30", -90.0), ("1:02:03", 3723.0)])
def test_offset_may_be_negative(text: str, seconds: float) -> None:
    assert parse_offset(text) == seconds


def test_offset_of_another_form_is_refused() -> None:
    with pytest.raises(SessionError, match="is not a time"):
        parse_offset("--5")
