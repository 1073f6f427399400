from __future__ import annotations

import numpy as np
import pytest

from roomread.readings import Expression
from roomread.room import RoomMood
from roomread.web.room_mood import mood_text


def test_mood_with_a_figure_is_written_with_its_interval() -> None:
    scores = np.full(7, 0.05)
    scores[Expression.HAPPY] = 0.7
    text = mood_text(RoomMood(10.0, 12, 9, scores, None))
    assert text.startswith("9 of 12 faces readable: shown most is happy (70%), valence +0.")
    assert "95 % interval" in text


@pytest.mark.parametrize(("present", "told"), [(1, "1 of 1 face readable"), (4, "1 of 4 faces")])
def test_mood_below_five_readable_faces_has_no_figure(present: int, told: str) -> None:
    text = mood_text(RoomMood(10.0, present, 1, None, None))
    assert text.startswith(told)
    assert text.endswith(": no mood under 5 readable faces.")
