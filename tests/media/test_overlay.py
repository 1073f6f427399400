from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomread.media import draw_readings
from roomread.media.overlay import draw_importance, label_text
from roomread.readings import Box, Expression, Quality, Reading, Scores, Unreadable


def reading(box: Box, *, happy: float | None = 0.9, track_id: int | None = None) -> Reading:
    scores, reason = None, Unreadable.TOO_DARK
    if happy is not None:
        p = np.full(7, (1 - happy) / 6, np.float32)
        p[Expression.HAPPY] = happy
        scores = Scores(p, 0.5)
    quality = Quality(box.width, 1, 0.5, 0.2, 1, None, None if scores else reason)
    return Reading("x", 0, 0, box, 1.0, quality, scores, track_id)


def test_drawing_does_not_change_the_original_picture() -> None:
    image = np.full((200, 300, 3), 90, np.uint8)
    drawn = draw_readings(image, [reading(Box(50, 50, 120, 140))])
    assert (image == 90).all()
    assert (drawn != 90).any()


def test_box_has_the_color_of_the_expression() -> None:
    image = np.zeros((200, 300, 3), np.uint8)
    drawn = draw_readings(image, [reading(Box(50, 60, 150, 180))])
    assert tuple(drawn[120, 50]) == Expression.HAPPY.color


def test_picture_without_readings_is_drawn_unchanged() -> None:
    image = np.full((20, 30, 3), 90, np.uint8)
    np.testing.assert_array_equal(draw_readings(image, []), image)


@pytest.mark.parametrize(
    ("happy", "track_id", "text"),
    [
        (0.92, 3, "#3 happy 92%"),
        (0.4, 3, "#3 unsure"),
        (None, None, "too dark"),
        (0.92, None, "happy 92%"),
    ],
)
def test_face_label_has_the_track_id_and_the_expression_or_unreadable_reason(
    happy: float | None, track_id: int | None, text: str
) -> None:
    assert label_text(reading(Box(0, 0, 50, 50), happy=happy, track_id=track_id)) == text


edges = st.floats(-300, 600)


@given(edges, edges, st.floats(0, 800), st.floats(0, 800))
def test_any_box_can_be_drawn(left: float, top: float, width: float, height: float) -> None:
    image = np.zeros((120, 160, 3), np.uint8)
    drawn = draw_readings(image, [reading(Box(left, top, left + width, top + height), track_id=1)])
    assert drawn.shape == image.shape


def test_importance_map_is_red_if_positive_blue_if_negative_and_pale_if_weak() -> None:
    crop = np.full((48, 48), 128, np.uint8)
    importance = np.zeros((48, 48), np.float32)
    importance[:, :16], importance[:, 32:] = 2.0, -2.0
    drawn = draw_importance(crop, importance, 96).astype(int)
    red, grey, blue = drawn[48, 8], drawn[48, 48], drawn[48, 88]
    assert red[0] > red[2] + 50
    assert blue[2] > blue[0] + 50
    assert np.ptp(grey) <= 2
    faint = draw_importance(crop, importance * 0.02, 96).astype(int)
    assert np.ptp(faint[48, 8]) < np.ptp(red) / 2
