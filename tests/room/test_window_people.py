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


def test_reasons_are_returned_only_for_people_without_scores() -> None:
    assert reasons_by_person(frame(0.0, {1: Expression.HAPPY, 2: None})) == {2: TURNED}


def test_each_unreadable_person_counts_under_their_most_frequent_reason() -> None:
    frames = [{1: "blurred", 2: TURNED, 9: "covered"}, {1: "blurred"}, {1: TURNED}]
    assert count_reasons(frames, {1, 2}) == {"blurred": 1, TURNED: 1}
    assert count_reasons(frames, set()) == {}


def test_person_counts_as_looking_away_if_looking_away_in_over_half_of_the_known_frames() -> None:
    frames = [{1: True, 2: True}, {1: True, 2: False}, {1: False, 2: False}]
    assert away_share(frames, [1, 2], [1, 2]) == 0.5
    assert away_share(frames, [1, 2, 3], [1, 2, 3]) is None


def test_person_counts_as_looking_away_if_the_face_is_unreadable_because_turned_away() -> None:
    readings = [reading(1, 0.0, None), reading(2, 0.0, showing(Expression.SAD))]
    assert away_by_person(readings) == {1: True}
