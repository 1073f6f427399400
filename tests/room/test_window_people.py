from __future__ import annotations

from classes import frame, reading, showing
from roomread.readings import Expression, Unreadable
from roomread.room.window_people import (
    away_by_person,
    away_share,
    count_reasons,
    reasons_by_person,
)

TURNED = Unreadable.TURNED_AWAY.value


def test_reasons_are_those_of_the_people_without_scores() -> None:
    assert reasons_by_person(frame(0.0, {1: Expression.HAPPY, 2: None})) == {2: TURNED}


def test_people_are_counted_by_the_reason_of_most_frames() -> None:
    frames = [{1: "blurred", 2: TURNED, 9: "covered"}, {1: "blurred"}, {1: TURNED}]
    assert count_reasons(frames, {1, 2}) == {"blurred": 1, TURNED: 1}
    assert count_reasons(frames, set()) == {}


def test_person_looks_away_who_did_so_in_more_than_half_of_the_known_frames() -> None:
    frames = [{1: True, 2: True}, {1: True, 2: False}, {1: False, 2: False}]
    assert away_share(frames, [1, 2], [1, 2]) == 0.5
    assert away_share(frames, [1, 2, 3], [1, 2, 3]) is None


def test_looking_away_is_known_of_a_face_that_is_unreadable_for_it() -> None:
    readings = [reading(1, 0.0, None), reading(2, 0.0, showing(Expression.SAD))]
    assert away_by_person(readings) == {1: True}
