from __future__ import annotations

import numpy as np
import pytest

from classes import frame as class_frame
from roomread.pipeline import FrameMoment, Moment
from roomread.readings import Expression, Frame, NoPicture
from roomread.room import Alert, RoomMood


def test_moment_made_from_readings_alone_has_no_frame() -> None:
    moment = Moment(1.5, [])
    assert moment.frame is None
    assert (moment.signal, moment.mood, moment.alerts) == (None, None, ())


def test_frame_moment_without_a_frame_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="frame"):
        FrameMoment(1.5, [])  # type: ignore[call-arg] # this is what is tested


def test_repr_of_a_moment_is_one_short_line() -> None:
    readings = class_frame(1.5, {1: Expression.HAPPY, 2: None})
    picture = Frame(np.zeros((8, 8, 3), np.uint8), 1.5, 0, "camera")
    alert = Alert(1, 1.5, "room coverage below 20% for 30 s", 0.1, 1.0, 30)
    assert repr(Moment(1.5, readings)) == "<Moment at 1.50 s: 2 faces>"
    assert repr(FrameMoment(1.5, readings[:1], frame=picture)) == "<FrameMoment at 1.50 s: 1 face>"
    assert repr(Moment(0.0, [], NoPicture.BLANK)).endswith(
        "0 faces; no picture: the camera is covered, dark or switched off>"
    )
    whole = repr(Moment(9.0, readings, None, RoomMood(9.0, 2, 1), [alert]))
    assert whole == (
        "<Moment at 9.00 s: 2 faces; 1 of 2 faces readable; no mood under 5; "
        "room: coverage 10% on average over 30 s>"
    )
