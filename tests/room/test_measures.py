from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from roomread.room.measures import Fall, MeasureHistory, MeasureWindow, PeopleWindow, normal


def window(values: Sequence[float | None], *, seconds: float = 10.0) -> MeasureWindow:
    """Return a window to which one value per second was added."""
    made = MeasureWindow(seconds, gap=5.0)
    for time, value in enumerate(values):
        made.add(float(time), value)
    return made


def test_mean_is_none_until_the_window_is_full() -> None:
    assert window([1.0] * 9).mean() is None
    assert window([1.0] * 10).mean() == 1.0


def test_mean_covers_only_the_seconds_of_the_window() -> None:
    assert window([0.0] * 50 + [1.0] * 11).mean() == pytest.approx(1.0)


def test_mean_is_none_while_less_than_half_of_the_values_are_known() -> None:
    assert window([1.0, None, None] * 5).mean() is None
    assert window([1.0, 0.0, None] * 5).mean() == pytest.approx(0.5, abs=0.1)


def test_long_pause_empties_the_window() -> None:
    made = window([1.0] * 20)
    made.add(40.0, 0.0)
    assert made.mean() is None


def history(values: list[float], *, seconds: float = 120.0) -> MeasureHistory:
    """Return a history to which one value per second was added."""
    made = MeasureHistory(seconds, gap=10.0)
    for time, value in enumerate(values):
        made.add(float(time), value)
    return made


def fall_of(size: float, *, length: float = 30.0) -> Fall:
    return Fall(high=size, now=0.0, seconds=60.0, length=length)


def test_fall_is_measured_from_the_highest_to_the_last_mean() -> None:
    long, short = history([0.2] * 60 + [0.8] * 60 + [0.1] * 60).falls()
    for fall in (long, short):
        assert fall.high == pytest.approx(0.8)
        assert fall.now == pytest.approx(0.1)
        assert fall.size == pytest.approx(0.7)
        assert 25 <= fall.seconds <= 60
    assert (long.length, short.length) == (30, 10)


def test_short_window_shows_a_fall_earlier_than_the_long_window() -> None:
    long, short = history([0.8] * 120 + [0.1] * 10).falls()
    assert short.now == pytest.approx(0.1, abs=0.07)
    assert long.now > 0.5


def test_there_are_no_falls_before_the_first_mean() -> None:
    assert history([0.5] * 5).falls() == []


def test_certainty_grows_with_the_size_of_the_fall() -> None:
    made = history([0.5] * 300)
    values = [made.certainty(fall_of(size), error=0.1) for size in (0.05, 0.2, 0.5)]
    assert values == sorted(values)
    assert values[0] >= 0
    assert values[-1] > 0.95


def test_certainty_of_a_fall_is_lower_after_larger_variation() -> None:
    steady = history([0.5] * 900)
    wavering = history([0.5 + 0.3 * ((second // 60) % 2) for second in range(900)])
    for length in (30.0, 10.0):
        fall = fall_of(0.2, length=length)
        assert wavering.certainty(fall, error=0.01) < steady.certainty(fall, error=0.01)


@pytest.mark.parametrize(("z", "share"), [(0.0, 0.5), (1.959964, 0.975), (-1.959964, 0.025)])
def test_normal_returns_the_cumulative_normal_distribution(z: float, share: float) -> None:
    assert normal(z) == pytest.approx(share, abs=1e-6)


def people_window(values: Sequence[Sequence[float]], *, seconds: float = 30.0) -> PeopleWindow:
    """Return a window of people to which one row of values per second was added."""
    made = PeopleWindow(seconds, gap=5.0)
    for time, row in enumerate(values):
        made.add(float(time), np.array(row, dtype=np.float64))
    return made


def test_window_of_people_has_the_same_means_as_one_window_per_person() -> None:
    random = np.random.default_rng(1)
    values = random.random((200, 4))
    values[random.random((200, 4)) < 0.3] = np.nan
    means = people_window(values.tolist()).means()
    for person in range(4):
        known = [None if np.isnan(v) else float(v) for v in values[:, person]]
        assert means[person] == pytest.approx(window(known, seconds=30.0).mean(), abs=1e-6)


def test_mean_of_a_person_is_unknown_until_they_were_seen_for_a_full_window() -> None:
    made = people_window([[1.0]] * 40)
    for time in range(40, 60):
        made.add(float(time), np.array([1.0, 0.5]))
    assert made.means()[0] == pytest.approx(1.0)
    assert np.isnan(made.means()[1])
    made.keep([1])
    for time in range(60, 75):
        made.add(float(time), np.array([0.5]))
    assert made.means().tolist() == [0.5]


def test_long_pause_empties_the_windows_of_all_people() -> None:
    made = people_window([[1.0, 0.0]] * 40)
    made.add(60.0, np.array([0.0, 0.0]))
    assert np.isnan(made.means()).all()


def test_memory_of_a_window_does_not_grow_with_the_frame_rate() -> None:
    slow, fast = PeopleWindow(60.0, gap=5.0), PeopleWindow(60.0, gap=5.0)
    for n in range(2000):
        slow.add(n * 1.0, np.ones(3))
        fast.add(n * 0.01, np.ones(3))
    assert fast._sums.shape == slow._sums.shape
