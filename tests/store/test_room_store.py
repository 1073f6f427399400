from __future__ import annotations

from postgres import ON_SQLITE
from roomread.joining.reports import ReportCounts, ReportSample
from roomread.store import (
    OwnerStore,
    RoomRecord,
    Store,
)


def test_room_of_another_owner_is_neither_found_nor_given_a_new_code(
    everything: Store, anna: OwnerStore
) -> None:
    session = anna.create("Algebra 7b")
    eve = everything.owned_by("user:eve").rooms
    assert not eve.add(session.id, "EEEEEEEE", faces=False)
    assert anna.rooms.add(session.id, "K7QXM3PD", faces=True)
    room = RoomRecord(session.id, "user:anna", "K7QXM3PD", faces=True, next_seat=1)
    assert (eve.get(session.id), eve.with_sessions()) == (None, [])
    assert not eve.replace_code(session.id, "EEEEEEEE")
    assert anna.rooms.get(session.id) == everything.rooms.with_code("K7QXM3PD") == room
    assert anna.rooms.with_sessions() == [(room, session)]


def test_room_code_belongs_to_at_most_one_open_room_and_to_no_closed_room(
    everything: Store, anna: OwnerStore
) -> None:
    first, second = anna.create("Algebra 7b"), anna.create("Algebra 7c")
    assert anna.rooms.add(first.id, "K7QXM3PD", faces=False)
    assert not anna.rooms.add(second.id, "K7QXM3PD", faces=False)
    assert anna.rooms.add(second.id, "H4JMN2PQ", faces=False)
    assert not anna.rooms.replace_code(second.id, "K7QXM3PD")
    assert anna.rooms.replace_code(first.id, None)
    assert everything.rooms.with_code("K7QXM3PD") is None
    assert anna.rooms.replace_code(second.id, "K7QXM3PD")


def test_pause_of_a_room_is_stored_until_the_pause_ends(
    everything: Store, anna: OwnerStore
) -> None:
    session = anna.create("Algebra 7b")
    anna.rooms.add(session.id, "K7QXM3PD", faces=False)
    for on in (True, False):
        everything.rooms.set_paused(session.id, on=on)
        kept = everything.rooms.get(session.id)
        assert kept is not None
        assert kept.paused is on


def test_reserved_seat_numbers_never_decrease(everything: Store, anna: OwnerStore) -> None:
    session = anna.create("Algebra 7b")
    anna.rooms.add(session.id, "K7QXM3PD", faces=False)
    for number in (51, 20):
        everything.rooms.reserve_seats(session.id, number)
    found = everything.rooms.get(session.id)
    assert found is not None
    assert found.next_seat == 51


def test_reports_of_button_presses_written_twice_are_stored_once(
    everything: Store, anna: OwnerStore
) -> None:
    session = anna.create("Algebra 7b")
    few = ReportSample(5.0, 4)
    many = ReportSample(10.0, 28, 19, ReportCounts(9, 8, 1, 1), 3)
    for _ in range(2):
        everything.rooms.add_reports(session.id, [few, many])
    assert anna.reports(session.id) == [few, many]
    anna.delete(session.id)
    everything.rooms.add_reports(session.id, [])


def test_rooms_are_listed_with_their_sessions_newest_first(anna: OwnerStore) -> None:
    sessions = [anna.create(name) for name in ("Algebra 7b", "no room", "Algebra 7c")]
    for session, code in ((sessions[0], "K7QXM3PD"), (sessions[2], "H4JMN2PQ")):
        assert anna.rooms.add(session.id, code, faces=False)
    listed = anna.rooms.with_sessions()
    assert [session for _, session in listed] == [sessions[2], sessions[0]]
    assert [room.session_id for room, _ in listed] == [sessions[2].id, sessions[0].id]
    anna.rooms.replace_code(sessions[2].id, None)
    assert [room.code for room, _ in anna.rooms.with_sessions()] == [None, "K7QXM3PD"]
    assert anna.rooms.with_sessions(only_open=True) == [listed[1]]


def test_second_room_for_the_same_session_is_refused(anna: OwnerStore) -> None:
    session = anna.create("Algebra 7b")
    assert anna.rooms.add(session.id, "K7QXM3PD", faces=True)
    assert not anna.rooms.add(session.id, "H4JMN2PQ", faces=False)
    assert [room.code for room, _ in anna.rooms.with_sessions()] == ["K7QXM3PD"]


def test_room_is_not_found_by_the_id_of_a_session_without_a_room(
    everything: Store, anna: OwnerStore
) -> None:
    plain = anna.create("Algebra 7b").id
    for unknown in (plain, "00000000", "0000\0000"):
        assert anna.rooms.get(unknown) is None
        assert everything.rooms.get(unknown) is None
        assert not anna.rooms.replace_code(unknown, "K7QXM3PD")


@ON_SQLITE
def test_changing_the_source_of_a_room_changes_the_source_of_its_session(
    everything: Store, anna: OwnerStore
) -> None:
    session = anna.create("Algebra 7b", source="students")
    everything.rooms.set_source(session.id, "students and screen")
    assert anna.session(session.id).source == "students and screen"


@ON_SQLITE
def test_room_is_deleted_with_its_session(everything: Store, anna: OwnerStore) -> None:
    session = anna.create("Algebra 7b")
    anna.rooms.add(session.id, "K7QXM3PD", faces=False)
    anna.delete(session.id)
    assert everything.rooms.with_code("K7QXM3PD") is None
    assert anna.rooms.with_sessions() == []
