from __future__ import annotations

from roomread.room import RoomMood
from roomread.room.expected import expected_people


def moods(*present: int) -> list[RoomMood]:
    return [
        RoomMood(time=float(n), present=count, readable=count, scores=None, baseline=None)
        for n, count in enumerate(present)
    ]


def test_size_that_the_teacher_gave_is_expected() -> None:
    assert expected_people(moods(*[26] * 100), 28) == 28


def test_largest_number_of_people_is_expected_without_a_size() -> None:
    assert expected_people(moods(*[26] * 90, *[28] * 10)) == 28


def test_single_false_face_is_not_expected() -> None:
    assert expected_people(moods(*[26] * 150, 27, 27)) == 26


def test_nobody_is_expected_where_nobody_was_seen() -> None:
    assert expected_people([]) is None
    assert expected_people(moods(0, 0)) is None


def test_short_lesson_is_judged_by_what_it_has() -> None:
    assert expected_people(moods(5, 6)) == 5
