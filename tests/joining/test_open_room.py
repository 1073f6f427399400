from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from classes import frame, showing
from roomread.joining import FaceMessage, OpenRoom, ReportCounts, RoomFullError, Say
from roomread.readings import Expression, Unreadable


def message(
    number: int, *, age: float = 0.0, expression: Expression | None = Expression.HAPPY
) -> FaceMessage:
    shares = showing(expression) if expression is not None else None
    reason = None if expression is not None else Unreadable.TOO_DARK
    return FaceMessage(number, age, shares, reason)


def room_of(people: int, *, faces: bool = True) -> OpenRoom:
    room = OpenRoom(max_seats=40)
    for number in range(people):
        room.join(0.0, 100 + number, faces=faces, resume=None)
    return room


def show_all(room: OpenRoom, now: float, *, but: int = 0) -> None:
    for seat in range(1, room.next_seat):
        if seat != but:
            room.report_face(now, seat, message(round(2 * now)))


def counted(room: OpenRoom, now: float) -> set[int]:
    return {r.seat or 0 for r in room.tick(now).readings if r.scores is not None}


def test_seat_numbers_increase_and_are_never_reused() -> None:
    room = OpenRoom(max_seats=2)
    assert room.join(0.0, 1, faces=False, resume=None).seat == 1
    room.leave(1)
    assert room.join(1.0, 2, faces=False, resume=None).seat == 2
    # A page that resumes a seat after leaving it gets a new one.
    assert room.join(2.0, 3, faces=False, resume=1).seat == 3


def test_full_room_refuses_students_until_a_seat_is_free() -> None:
    room = OpenRoom(max_seats=5)
    for number in range(5):
        room.join(0.0, number, faces=False, resume=None)
    with pytest.raises(RoomFullError):
        room.join(1.0, 9, faces=False, resume=None)
    room.disconnect(1.0, 3, 2)
    with pytest.raises(RoomFullError):
        room.join(60.0, 9, faces=False, resume=None)
    assert room.join(61.0, 9, faces=False, resume=None).seat == 6


def test_page_that_reconnects_within_a_minute_gets_its_seat_back() -> None:
    room = room_of(1)
    room.disconnect(10.0, 1, 100)
    back = room.join(69.0, 7, faces=True, resume=1)
    assert (back.seat, back.displaced) == (1, None)
    room.disconnect(70.0, 1, 7)
    assert room.join(130.0, 8, faces=True, resume=1).seat == 2


def test_duplicate_of_a_browser_tab_takes_over_the_seat() -> None:
    room = room_of(1)
    assert room.join(5.0, 7, faces=True, resume=1).displaced == 100
    # Closing the older tab does not release the seat.
    room.disconnect(6.0, 1, 100)
    assert room.status(70.0).people == 1
    room.disconnect(70.0, 1, 7)
    room.tick(130.0)
    assert room.status(130.0).people == 0


def test_seat_given_by_an_ended_server_process_can_be_resumed_for_a_minute() -> None:
    room = OpenRoom(max_seats=40, first_seat=51, opened_at=1000.0)
    assert room.join(1010.0, 1, faces=True, resume=17).seat == 17
    assert room.join(1011.0, 2, faces=True, resume=None).seat == 51
    assert room.join(1070.0, 3, faces=True, resume=18).seat == 52


def test_frame_has_one_reading_of_each_seat_the_newest() -> None:
    room = room_of(6)
    show_all(room, 1.0)
    show_all(room, 1.5)
    readings = room.tick(1.6).readings
    assert sorted(r.seat or 0 for r in readings) == [1, 2, 3, 4, 5, 6]


def test_repeated_or_outdated_reading_changes_nothing() -> None:
    room = room_of(1)
    assert room.report_face(1.0, 1, message(5))
    assert not room.report_face(1.1, 1, message(5, expression=Expression.SAD))
    assert not room.report_face(1.2, 1, message(4, expression=Expression.SAD))
    assert room.newest(1) == 5


def test_age_of_a_reading_is_measured_from_the_time_of_its_picture() -> None:
    room = room_of(5)
    for seat in range(1, 6):
        room.report_face(10.0, seat, message(1, age=1.5))
    assert room.status(10.05).read == 5
    assert room.status(10.2).read == 0


def test_student_who_consented_only_to_buttons_cannot_send_readings_of_a_face() -> None:
    room = room_of(5, faces=False)
    assert not room.report_face(1.0, 1, message(1))
    assert room.status(1.0).faceless == 0


def test_last_reading_of_a_person_who_turns_away_counts_for_a_minute() -> None:
    room = room_of(12)
    show_all(room, 1.0)
    assert len(counted(room, 1.0)) == 12
    for now in range(2, 61):
        show_all(room, float(now), but=3)
        room.report_face(float(now), 3, message(2 * now, expression=None))
        assert len(counted(room, float(now))) == 12
        assert room.status(float(now)).read == (11 if now > 2 else 12)
    for now in range(61, 100):
        show_all(room, float(now), but=3)
        assert room.tick(float(now)).withheld == (now < 91)
    # Four others are left out together with this person.
    assert len(counted(room, 99.0)) == 7


def test_person_who_leaves_or_pauses_has_no_reading_in_the_next_frame() -> None:
    stops: list[Callable[[OpenRoom], None]] = [
        lambda room: room.leave(3),
        lambda room: room.pause_seat(3, on=True),
    ]
    for stop in stops:
        room = room_of(12)
        show_all(room, 1.0)
        room.tick(1.0)
        stop(room)
        after = room.tick(1.5)
        assert 3 not in {reading.seat for reading in after.readings}
        assert after.withheld
        assert after.changed == {3}


def test_readings_of_a_room_with_only_four_people_have_no_scores() -> None:
    room = room_of(4)
    show_all(room, 1.0)
    readings = room.tick(1.0).readings
    assert [reading.scores for reading in readings] == [None] * 4


def test_resumed_seat_stays_paused_and_a_new_seat_is_not_paused() -> None:
    room = room_of(2)
    room.pause_seat(1, on=True)
    room.disconnect(1.0, 1, 1)
    again = room.join(2.0, 9, faces=True, resume=1)
    assert room.is_paused(again.seat)
    assert not room.is_paused(2)
    assert not room.is_paused(room.join(2.0, 10, faces=True, resume=None).seat)


def test_paused_room_has_no_readings_and_ignores_button_presses() -> None:
    room = room_of(6)
    show_all(room, 1.0)
    room.tick(1.0)
    room.pause(on=True)
    show_all(room, 1.5)
    room.say(1.5, 1, Say.LOST)
    assert room.tick(1.5).readings == []
    status = room.status(1.5)
    assert (status.read, status.paused, status.reports) == (0, 6, ReportCounts())
    room.pause(on=False)
    show_all(room, 40.0)
    assert len(counted(room, 40.0)) == 6


def test_button_report_expires_after_two_minutes_and_can_be_withdrawn() -> None:
    room = room_of(6, faces=False)
    for seat, said in ((1, Say.LOST), (2, Say.LOST), (3, Say.OK), (4, Say.SLOWER)):
        room.say(10.0, seat, said)
    assert room.status(11.0).reports == ReportCounts(ok=1, lost=2, slower=1)
    assert room.status(11.0).taps == 4
    room.say(20.0, 1, None)
    assert room.status(129.0).reports == ReportCounts(ok=1, lost=1, slower=1)
    assert room.status(131.0).reports == ReportCounts()
    assert room.status(131.0).taps == 4


def test_button_counts_of_fewer_than_five_people_are_withheld() -> None:
    room = room_of(4, faces=False)
    room.say(1.0, 1, Say.LOST)
    status = room.status(1.0)
    assert (status.people, status.taps, status.reports) == (4, None, None)


def test_repeated_i_am_lost_press_is_not_counted_again_before_the_first_press_expires() -> None:
    room = room_of(5, faces=False)
    room.say(1.0, 1, Say.LOST)
    room.say(2.0, 1, Say.LOST)
    room.say(2.0, 2, Say.LOST)
    assert room.tick(2.5).lost == 2
    assert room.tick(3.0).lost == 0
    room.say(200.0, 1, Say.LOST)
    assert room.tick(200.5).lost == 1


def test_messages_of_a_seat_are_limited_to_three_a_second() -> None:
    room = room_of(1)
    sent = sum(room.admits(10 + n / 100, 1) for n in range(1000))
    assert 30 <= sent <= 36
    assert not room.admits(30.0, 99)


def test_recent_faces_of_a_shared_screen_are_added_to_the_frame_of_the_room() -> None:
    room = room_of(6)
    show_all(room, 1.0)
    room.show_screen(1.0, frame(0.0, {1: Expression.SAD, 2: None, 3: Expression.SAD}))
    readings = room.tick(1.2).readings
    assert len({reading.seat for reading in readings}) == 9
    assert room.status(1.2).screen == 2
    assert len(room.tick(2.9).readings) == 6
    assert room.status(2.9).screen == 0


def test_scores_of_a_frame_equal_the_probabilities_that_were_sent() -> None:
    room = room_of(5)
    show_all(room, 1.0)
    for reading in room.tick(1.0).readings:
        assert reading.scores is not None
        assert np.array_equal(reading.scores.probabilities, showing(Expression.HAPPY))
        assert reading.valence == reading.scores.valence
