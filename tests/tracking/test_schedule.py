from __future__ import annotations

import numpy as np
import pytest

from roomread.tracking.schedule import CutDetector, is_due, stagger

GREY = np.full((120, 160, 3), 128, dtype=np.uint8)


def test_stagger_spreads_consecutive_ids_evenly() -> None:
    phases = sorted(stagger(track_id) for track_id in range(1, 21))
    assert phases[0] >= 0
    assert phases[-1] < 1
    assert np.diff(phases).max() < 0.1


@pytest.mark.parametrize("track_id", [1, 2, 7, 40])
def test_track_is_due_once_in_each_period(track_id: int) -> None:
    last, turns = 0.0, []
    for n in range(1, 1001):
        if is_due(track_id, last=last, time=n / 100, period=0.5):
            last = n / 100
            turns.append(last)
    assert len(turns) == 20
    assert np.diff(turns) == pytest.approx(0.5, abs=0.011)


def test_track_with_a_period_of_0_is_always_due() -> None:
    assert is_due(1, last=3.0, time=3.0, period=0)


def test_first_frame_is_not_a_cut() -> None:
    assert not CutDetector().update(GREY)


@pytest.mark.parametrize(("change", "cut"), [(0, False), (22, False), (-22, False), (60, True)])
def test_large_change_of_brightness_is_a_cut(change: int, *, cut: bool) -> None:
    cuts = CutDetector()
    cuts.update(GREY)
    assert cuts.update((GREY.astype(int) + change).astype(np.uint8)) is cut


def test_frame_after_a_cut_is_not_a_cut() -> None:
    cuts = CutDetector()
    cuts.update(GREY)
    assert cuts.update(GREY // 4)
    assert not cuts.update(GREY // 4)
