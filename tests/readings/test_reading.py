from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from classes import frame as class_frame
from roomread.readings import (
    Box,
    Expression,
    Pose,
    Quality,
    Reading,
    Scores,
    StateScore,
    Unreadable,
)


def scores(*, happy: float, threshold: float = 0.0) -> Scores:
    p = np.full(7, (1 - happy) / 6, dtype=np.float32)
    p[Expression.HAPPY] = happy
    return Scores(p, threshold)


def test_expression_is_withheld_below_the_threshold() -> None:
    assert scores(happy=0.6, threshold=0.5).expression is Expression.HAPPY
    unsure = scores(happy=0.4, threshold=0.5)
    assert unsure.expression is None
    assert unsure.top is Expression.HAPPY


def test_probability_is_never_shown_as_100_percent() -> None:
    assert scores(happy=1.0).percent == "99%"
    assert scores(happy=0.5).percent == "50%"


def test_scores_print_as_label_and_confidence_or_as_unsure() -> None:
    assert str(scores(happy=0.92, threshold=0.5)) == "happy 92%"
    assert str(scores(happy=0.4, threshold=0.5)) == "unsure (happy 40%?)"


def test_entropy_is_0_for_certain_and_1_for_uniform_probabilities() -> None:
    assert scores(happy=1.0).entropy == pytest.approx(0)
    assert scores(happy=1 / 7).entropy == pytest.approx(1, abs=1e-6)


def test_valence_is_the_probability_of_pleasant_minus_unpleasant() -> None:
    assert scores(happy=1.0).valence == pytest.approx(1)
    p = np.zeros(7, dtype=np.float32)
    p[[Expression.SAD, Expression.HAPPY]] = 0.5
    assert Scores(p).valence == pytest.approx(0)


def a_reading(**changes: Any) -> Reading:
    p = np.array([0.1, 0.1, 0.1, 0.4, 0.1, 0.1, 0.1], dtype=np.float32)
    marks = np.arange(10, dtype=np.float32).reshape(5, 2)
    fields: dict[str, Any] = {
        "scores": Scores(p, 0.3),
        "landmarks": marks,
        "pose": Pose(1.0, 2.0, 3.0),
    }
    fields |= {"action_units": {"AU12": 0.5}, "states": (StateScore("confused", 0.9, 0.95),)}
    box, quality = Box(0, 0, 9, 9), Quality(size=9.0)
    return Reading("a.jpg", 0.0, 0, box, 0.9, quality, **(fields | changes))


def test_readings_with_equal_values_are_equal_and_have_equal_hashes() -> None:
    assert a_reading() == a_reading()
    assert len({a_reading(), a_reading()}) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"scores": None},
        {"scores": scores(happy=0.5, threshold=0.3)},
        {"landmarks": None},
        {"landmarks": np.zeros((5, 2), dtype=np.float32)},
        {"pose": Pose(1.0, 2.0, 3.5)},
        {"action_units": {"AU12": 0.6}},
        {"action_units": None},
        {"track_id": 1},
        {"seat": 1},
        {"states": ()},
    ],
)
def test_readings_that_differ_in_one_field_are_not_equal(changes: dict[str, Any]) -> None:
    assert a_reading() != a_reading(**changes)


def test_readings_that_differ_in_the_sign_of_zero_are_equal_and_hash_alike() -> None:
    plus, minus = (np.full((5, 2), zero, dtype=np.float32) for zero in (0.0, -0.0))
    assert a_reading(landmarks=plus) == a_reading(landmarks=minus)
    assert hash(a_reading(landmarks=plus)) == hash(a_reading(landmarks=minus))


def test_reading_is_not_equal_to_an_object_of_another_type() -> None:
    assert a_reading() != "a reading"
    assert a_reading().scores != a_reading()


@pytest.mark.parametrize(
    ("track_id", "seat", "key"), [(None, None, None), (5, None, 5), (5, 2, 2), (None, 2, 2)]
)
def test_people_are_distinguished_by_seat_or_without_a_seat_by_track_id(
    track_id: int | None, seat: int | None, key: int | None
) -> None:
    assert a_reading(track_id=track_id, seat=seat).person_key == key


def test_label_is_the_expression_or_unsure_or_unreadable() -> None:
    happy, unreadable = class_frame(0.0, {1: Expression.HAPPY, 2: None})
    (unsure,) = class_frame(0.0, {1: Expression.SAD}, confidence=0.2)
    assert [each.label for each in (happy, unsure, unreadable)] == ["happy", "unsure", "unreadable"]


@pytest.mark.parametrize(
    ("pose", "away"),
    [
        (Pose(0, 0, 0), False),
        (Pose(31, 0, 0), True),
        (Pose(-31, 0, 0), True),
        (Pose(0, -26, 0), True),
        (Pose(29, 24, 80), False),
        (None, None),
    ],
)
def test_person_whose_head_is_turned_far_is_looking_away(
    pose: Pose | None, *, away: bool | None
) -> None:
    assert a_reading(pose=pose).looking_away is away


def test_person_whose_face_is_unreadable_because_turned_away_is_looking_away() -> None:
    turned = Quality(reason=Unreadable.TURNED_AWAY)
    assert replace(a_reading(pose=None), quality=turned).looking_away is True


def test_open_mouth_and_closed_eyes_are_computed_from_action_units() -> None:
    reading = a_reading(action_units={"AU26": 0.4, "AU45": 0.8})
    assert (reading.mouth_open, reading.eyes_closed, reading.eyes_shut) == (0.4, 0.8, True)
    without = a_reading(action_units=None)
    assert (without.mouth_open, without.eyes_closed, without.eyes_shut) == (None, None, None)
