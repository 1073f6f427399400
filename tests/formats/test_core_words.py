from __future__ import annotations

import pytest

from roomread.formats.core_words import (
    alert_text,
    expression_name,
    measure_name,
    part_name,
    probability,
    rule_text,
)
from roomread.locales import ENGLISH, LANGUAGES, translator
from roomread.readings import Expression
from roomread.room import Alert
from roomread.room.rules import MEASURES
from roomread.store.summary import FROM_START


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_no_two_expressions_or_measures_have_the_same_name_in_any_language(language: str) -> None:
    words = translator(language)
    names = [expression_name(e, words) for e in Expression]
    assert len(set(names)) == len(Expression)
    measures = {measure for of in MEASURES.values() for measure in of}
    assert len({measure_name(measure, words) for measure in measures}) == len(measures)


def test_probability_is_shown_as_at_most_99_percent() -> None:
    assert probability(0.5, ENGLISH) == "50%"
    assert probability(0.999, ENGLISH) == "99%"
    assert probability(1.0, ENGLISH) == "99%"


@pytest.mark.parametrize(
    ("alert", "text"),
    [
        (
            Alert(1, 60.0, "room coverage below 20% for 30 s", 0.1, 0.9, 30),
            "room: coverage 10% on average over 30 s",
        ),
        (
            Alert(1, 60.0, "person eyes_closed above 80% for 2 min", 0.9, 0.9, 120, seat=4),
            "seat 4: eyes closed 90% on average over 2:00 min",
        ),
        (
            Alert(1, 60.0, "room valence fell by 20% in 3 min", -0.25, 0.9, 180, before=0.1),
            "room: valence fell from +0.10 to -0.25 in 3:00 min",
        ),
        (
            Alert(1, 60.0, "person yawning above 80% for 10 s", 0.9, 0.9, 10, seat=4),
            "seat 4: yawning 90% on average over 10 s",
        ),
    ],
)
def test_alert_text_names_the_seat_or_the_room_the_measure_and_the_time(
    alert: Alert, text: str
) -> None:
    assert alert_text(alert, ENGLISH) == text


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("room happy above 10% for 90 s", "room: happy above 10% for 90 s"),
        ("person unreadable above 90% for 2 min", "one person: unreadable above 90% for 2:00 min"),
        ("room coverage below 50% for 60 s", "room: coverage below 50% for 60 s"),
        ("room valence fell by 20% in 3 min", "room: valence falls by 20% within 3:00 min"),
        ("person yawning above 80% for 10 s", "person yawning above 80% for 10 s"),
    ],
)
def test_known_rule_is_described_in_words_and_unknown_rule_is_unchanged(
    rule: str, text: str
) -> None:
    assert rule_text(rule, ENGLISH) == text


def test_only_the_label_of_the_part_before_the_first_mark_is_translated() -> None:
    german = translator("de")
    assert part_name(FROM_START, german) != FROM_START
    assert part_name(FROM_START, ENGLISH) == "from the start"
    assert part_name("quiz", german) == "quiz"
