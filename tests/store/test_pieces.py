from __future__ import annotations

from dataclasses import replace

import pytest

from classes import frame, lesson
from postgres import ON_SQLITE
from room_recorder import RoomRecorder
from roomread.errors import SessionHeldError
from roomread.readings import Expression
from roomread.room import Alert, RoomMood
from roomread.store import (
    Leases,
    OwnerStore,
    Store,
)
from roomread.store.pieces import Piece


def test_writing_a_session_whose_lease_another_process_holds_is_refused(
    everything: Store, anna: OwnerStore
) -> None:
    session = anna.create("Algebra 7b", keeps_people=True, consent="all, in writing")
    recorder = RoomRecorder(anna, session)
    for time, readings in lesson(10, people=6):
        recorder.add_readings(time, readings)
    other = Leases(everything._database, "another process")
    assert other.acquire(f"session:{session.id}") is None
    with pytest.raises(SessionHeldError):
        recorder.close()
    written = len(anna.readings(session.id))
    other.release_all()
    recorder.close()
    assert len(anna.readings(session.id)) == 20 * 6 > written


MOOD, ALERT = RoomMood(2.0, 8, 8), Alert(1, 2.0, "room happy above 50% for 5 s", 0.6, 0.9, 5)


@pytest.mark.parametrize(
    "piece",
    [Piece(1, moods=[MOOD]), Piece(1, alerts=[ALERT]), Piece(1, readings=frame(0.0, {1: None}))],
)
def test_piece_of_a_session_is_falsy_only_if_it_is_empty(piece: Piece) -> None:
    assert piece
    assert not Piece(1, 0.0)


@ON_SQLITE
def test_writing_the_same_piece_of_a_session_twice_stores_it_once(anna: OwnerStore) -> None:
    session = anna.create("Algebra 7b", keeps_people=True, consent="all, in writing")
    piece = Piece(1, 2.0, [MOOD], [ALERT], frame(2.0, {1: Expression.HAPPY}))
    for _ in range(2):
        anna.append(session.id, [piece])
    assert anna.moods(session.id) == [MOOD]
    assert anna.alerts(session.id) == [ALERT]
    assert len(anna.readings(session.id)) == 1


@ON_SQLITE
def test_later_piece_of_a_session_can_end_an_alert_of_an_earlier_piece(anna: OwnerStore) -> None:
    session = anna.create("Algebra 7b")
    ended = replace(ALERT, ended=9.0)
    anna.append(session.id, [Piece(1, 2.0, alerts=[ALERT])])
    anna.append(session.id, [Piece(2, 9.0, alerts=[ended])])
    assert anna.alerts(session.id) == [ended]
    anna.append(session.id, [Piece(1, 2.0, alerts=[ALERT])])
    assert anna.alerts(session.id) == [ended]
