from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomread.readings import Box, Expression, Quality, Reading, Scores, Unreadable

coordinates = st.floats(-1e4, 1e4)
boxes = st.tuples(coordinates, coordinates, st.floats(0.5, 1e3), st.floats(0.5, 1e3)).map(
    lambda b: Box(b[0], b[1], b[0] + b[2], b[1] + b[3])
)


def scores(*, happy: float, threshold: float = 0.0) -> Scores:
    p = np.full(7, (1 - happy) / 6, dtype=np.float32)
    p[Expression.HAPPY] = happy
    return Scores(p, threshold)


def test_expressions_are_in_fer2013_order() -> None:
    names = ["ANGRY", "DISGUST", "FEAR", "HAPPY", "SAD", "SURPRISE", "NEUTRAL"]
    assert [Expression[name] for name in names] == list(range(7))


def test_angry_is_not_mistaken_for_nothing() -> None:
    assert [bool(e) for e in Expression] == [True] * 7


def test_an_expression_prints_as_its_word() -> None:
    assert str(Expression.SURPRISE) == f"{Expression.SURPRISE}" == "surprise"


def test_every_expression_has_its_own_color_and_emoji() -> None:
    assert len({e.color for e in Expression}) == 7
    assert len({e.emoji for e in Expression}) == 7


@given(boxes, boxes)
def test_iou_is_symmetric_and_between_0_and_1(a: Box, b: Box) -> None:
    assert a.iou(b) == pytest.approx(b.iou(a))
    assert 0 <= a.iou(b) <= 1 + 1e-9


@given(boxes)
def test_a_box_is_all_of_itself(a: Box) -> None:
    assert a.iou(a) == pytest.approx(1)


def test_boxes_apart_share_nothing() -> None:
    assert Box(0, 0, 1, 1).iou(Box(5, 5, 6, 6)) == 0


def test_half_a_box_outside_the_picture_is_half_visible() -> None:
    assert Box(-10, 0, 10, 20).visible(100, 100) == pytest.approx(0.5)


def test_label_is_withheld_below_the_threshold() -> None:
    assert scores(happy=0.6, threshold=0.5).expression is Expression.HAPPY
    unsure = scores(happy=0.4, threshold=0.5)
    assert unsure.expression is None
    assert unsure.top is Expression.HAPPY


def test_people_are_never_shown_certainty() -> None:
    assert scores(happy=1.0).percent == "99%"
    assert scores(happy=0.5).percent == "50%"


def test_scores_print_as_label_and_confidence_or_as_unsure() -> None:
    assert str(scores(happy=0.92, threshold=0.5)) == "happy 92%"
    assert str(scores(happy=0.4, threshold=0.5)) == "unsure (happy 40%?)"


def test_entropy_runs_from_certain_to_uniform() -> None:
    assert scores(happy=1.0).entropy == pytest.approx(0)
    assert scores(happy=1 / 7).entropy == pytest.approx(1, abs=1e-6)


def test_valence_is_pleasant_minus_unpleasant() -> None:
    assert scores(happy=1.0).valence == pytest.approx(1)
    p = np.zeros(7, dtype=np.float32)
    p[[Expression.SAD, Expression.HAPPY]] = 0.5
    assert Scores(p).valence == pytest.approx(0)


def test_a_reading_becomes_json_and_names_why_it_is_unread() -> None:
    quality = Quality(12.0, 1.0, 0.5, 0.2, 1.0, None, Unreadable.TOO_SMALL)
    reading = Reading("photo.jpg", 0.0, 0, Box(1, 2, 13, 14), 0.9, quality)
    record = json.loads(json.dumps(reading.to_dict()))
    assert record["scores"] is None
    assert record["expression"] is None
    assert record["unreadable"] == "too small"
    assert record["box"] == {"left": 1.0, "top": 2.0, "right": 13.0, "bottom": 14.0}


def test_a_readings_scores_stand_under_their_names() -> None:
    quality = Quality(120.0, 1.0, 0.5, 0.2, 1.0)
    box = Box(0, 0, 120, 120)
    record = Reading("a", 0.0, 0, box, 0.9, quality, scores(happy=0.7), track_id=3).to_dict()
    assert record["scores"]["happy"] == pytest.approx(0.7)
    assert record["expression"] == "happy"
    assert record["track_id"] == 3
