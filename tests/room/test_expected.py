from __future__ import annotations

from roomread.room import RoomMood
from roomread.room.expected import expected_people


def moods(*present: int) -> list[RoomMood]:
    return [
        RoomMood(time=float(n), present=count, readable=count, scores=None, baseline=None)
        for n, count in enumerate(present)
    ]


def test_class_size_given_by_the_teacher_is_the_expected_number_of_people() -> None:
    assert expected_people(moods(*[26] * 100), 28) == 28


def test_without_a_class_size_the_largest_number_of_people_seen_is_expected() -> None:
    assert expected_people(moods(*[26] * 90, *[28] * 10)) == 28


def test_brief_false_detection_does_not_raise_the_expected_number_of_people() -> None:
    assert expected_people(moods(*[26] * 150, 27, 27)) == 26


def test_expected_number_of_people_is_none_when_no_person_was_seen() -> None:
    assert expected_people([]) is None
    assert expected_people(moods(0, 0)) is None


def test_expected_number_of_people_in_a_short_lesson_is_based_on_all_its_moods() -> None:
    assert expected_people(moods(5, 6)) == 5
