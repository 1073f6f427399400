from __future__ import annotations

import numpy as np
import pytest

from classes import lesson
from roomread.readings import Expression
from roomread.room import RoomMeter, RoomMood, change_points


def time_series(*levels: tuple[float, float], noise: float = 0.04, seed: int = 0) -> list[float]:
    """Return a valence for each 5 s of consecutive (seconds, level) pairs, with noise."""
    random = np.random.default_rng(seed)
    steps = np.concatenate([np.full(int(seconds / 5), level) for seconds, level in levels])
    return list(steps + random.normal(0, noise, len(steps)))


def mood(time: float, valence: float) -> RoomMood:
    """Return the mood of a large class, whose sampling error is negligible."""
    scores = np.zeros(7)
    scores[Expression.HAPPY], scores[Expression.SAD] = max(valence, 0), max(-valence, 0)
    scores[Expression.NEUTRAL] = 1 - abs(valence)
    return RoomMood(time, 2000, 2000, scores)


def changes(values: list[float]) -> list[tuple[float, float, float]]:
    found = change_points([mood(5.0 * n, np.clip(v, -1, 1)) for n, v in enumerate(values)])
    return [(change.time, change.before, change.after) for change in found]


def test_lasting_fall_of_valence_is_reported_as_one_change_at_the_time_of_the_fall() -> None:
    ((time, before, after),) = changes(time_series((600, 0.5), (900, 0.1)))
    assert time == pytest.approx(600, abs=15)
    assert (before, after) == pytest.approx((0.5, 0.1), abs=0.02)


def test_rise_and_fall_are_reported_as_two_changes() -> None:
    times = [time for time, _, _ in changes(time_series((500, 0.0), (300, 0.4), (700, 0.0)))]
    assert times == pytest.approx([500, 800], abs=15)


def test_false_change_is_reported_in_at_most_1_percent_of_steady_half_hours() -> None:
    # Every statistic has false alarms, whose rate is measured in rooms that do not change.
    rooms = [(noise, seed) for noise in (0.02, 0.05, 0.1, 0.15, 0.2) for seed in range(60)]
    levels = np.random.default_rng(0).uniform(-0.8, 0.8, len(rooms))
    alarms = [
        (noise, seed)
        for (noise, seed), level in zip(rooms, levels, strict=True)
        if changes(time_series((1800, level), noise=noise, seed=seed))
    ]
    assert len(alarms) <= len(rooms) / 100, alarms


def test_short_laugh_is_not_reported_as_a_change() -> None:
    assert changes(time_series((600, 0.1), (20, 0.9), (600, 0.1))) == []


def test_step_that_is_too_small_is_not_reported_as_a_change() -> None:
    assert changes(time_series((600, 0.1), (600, 0.16), noise=0.001)) == []


@pytest.mark.parametrize("seconds", [0, 1, 30, 119])
def test_series_too_short_for_two_levels_has_no_change(seconds: int) -> None:
    assert changes(time_series((seconds, 0.1))) == []


@pytest.mark.parametrize("seed", range(40))
def test_step_is_detected_at_any_time_of_the_series(seed: int) -> None:
    random = np.random.default_rng(seed)
    at, step = int(random.integers(300, 1500)), random.uniform(0.25, 0.8)
    levels = (0.0, step) if seed % 2 else (step, 0.0)
    found = changes(time_series((at, levels[0]), (1800 - at, levels[1]), seed=seed))
    assert [time for time, _, _ in found] == pytest.approx([at], abs=15)


def test_change_is_found_in_a_lesson_whose_people_change_independently() -> None:
    meter = RoomMeter()
    frames = lesson(1100, every=1.0, moods=((0, 0.6), (600, 0.1)))
    moods = [mood for time, rows in frames if (mood := meter.update(time, rows)) is not None]
    found = change_points(moods)
    # Each person's expression changes about every 20 s, and a mood covers the last 10 s.
    assert [change.time for change in found] == pytest.approx([615], abs=30)
