from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from roomread.readings import Box, EyeActivity, Quality, Reading
from roomread.room.eyes import EyeMeter

FACE = Reading("cam", 0.0, 0, Box(0, 0, 9, 9), 0.9, Quality(), track_id=1)


def watch(
    closed: Callable[[float], bool], *, rate: float = 25.0, seconds: float = 60.0
) -> EyeActivity | None:
    """Return the last activity of a person whose eyes are closed when `closed` is true."""
    meter, found = EyeMeter(), None
    for number in range(round(rate * seconds)):
        time = number / rate
        units = {"AU45": 0.9 if closed(time) else 0.1}
        found = meter.update(replace(FACE, time=time, action_units=units)).eyes
    return found


def test_blinks_are_counted_and_included_in_the_share_of_closed_eyes() -> None:
    # A blink of 0.2 s in the middle of every four seconds.
    found = watch(lambda time: 2.0 <= time % 4 < 2.2)
    assert found is not None
    assert found.blinks_per_minute == pytest.approx(15, abs=0.5)
    assert found.closed_share == pytest.approx(0.05, abs=0.01)


def test_eyes_that_stay_closed_are_not_counted_as_a_blink() -> None:
    found = watch(lambda time: 20 <= time < 40)
    assert found is not None
    assert found.blinks_per_minute == 0
    assert found.closed_share == pytest.approx(1 / 3, abs=0.01)


def test_blink_rate_is_unknown_at_a_low_frame_rate() -> None:
    found = watch(lambda _: False, rate=4.0)
    assert found == EyeActivity(0.0, None)


def test_eye_activity_is_unknown_in_the_first_half_minute() -> None:
    assert watch(lambda _: False, seconds=29.0) is None


def test_eye_activity_ignores_readings_older_than_its_window() -> None:
    found = watch(lambda time: time < 60, seconds=125.0)
    assert found is not None
    assert found.closed_share == 0


def test_eye_activity_is_unknown_without_action_units_or_without_a_track_id() -> None:
    meter = EyeMeter()
    for face in (FACE, replace(FACE, track_id=None, action_units={"AU45": 0.5})):
        assert meter.update(face) is face


def test_action_units_that_are_reused_in_later_frames_count_once() -> None:
    meter, found = EyeMeter(), None
    units = {"AU45": 0.1}
    for number in range(40 * 25):
        if number % 5 == 0:
            units = {"AU45": 0.1}
        found = meter.update(replace(FACE, time=number / 25, action_units=units)).eyes
    # Every fifth of the frames, which are 0.04 s apart, is read: too rare for blinks.
    assert found == EyeActivity(0.0, None)
