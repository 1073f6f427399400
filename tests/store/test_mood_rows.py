"""The moods of a session are read as objects and as columns."""

from __future__ import annotations

import numpy as np
import pytest

from roomread.room import RoomMood
from roomread.store import OwnerStore
from roomread.store.pieces import Piece

SHARES = np.array([0.1, 0.0, 0.05, 0.4, 0.05, 0.1, 0.3])
MOODS = [
    RoomMood(0.5, 3, 2),
    RoomMood(1.75, 8, 7, SHARES, states={"bored": 0.25}, looking_away=0.125),
    RoomMood(3.0, 9, 9, SHARES, baseline=-0.2),
]


def test_moods_read_as_objects_and_as_columns_are_equal(
    anna: OwnerStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("roomread.store.mood_rows._AT_ONCE", 2)
    session, other = anna.create("Algebra 7b"), anna.create("Biology 8a")
    anna.append(session.id, [Piece(1, 0.0, MOODS[:2]), Piece(2, 3.0, MOODS[2:])])
    anna.append(other.id, [Piece(1, 0.0, MOODS[:1])])
    assert anna.moods(session.id) == MOODS
    assert anna.mood_columns(session.id) == MOODS
    assert anna.mood_columns(anna.create("Chemistry 9c").id) == []
    assert anna.moods(session.id, since=1.0, until=2.0) == MOODS[1:2]
    assert anna.moods(session.id, limit=1) == MOODS[:1]
