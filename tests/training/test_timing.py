from __future__ import annotations

import itertools
from typing import cast

import numpy as np
import pytest

from roomread.classifier import ModelFile, bundled_models, open_model
from roomread.training.timing import milliseconds_a_face, times_as_fast


def test_measured_time_is_positive_for_each_bundled_model() -> None:
    for name in bundled_models():
        assert milliseconds_a_face(open_model(name), batch=2, runs=2) > 0


class FakeNet:
    """A net whose runs take the given times, s, on the clock of the test."""

    side = 48

    def __init__(self, clock: list[float], *seconds: float) -> None:
        self.session, self._clock = self, clock
        self._seconds = itertools.cycle(seconds)
        self.batches: list[tuple[int, ...]] = []

    def run(self, _outputs: list[str], inputs: dict[str, np.ndarray]) -> None:
        self.batches.append(inputs["faces"].shape)
        self._clock[0] += next(self._seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the time, s, that the measurement reads."""
    now = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])
    return now


def test_time_per_face_is_the_median_of_the_runs_after_three_warm_up_runs(
    clock: list[float],
) -> None:
    net = FakeNet(clock, 9.0, 9.0, 9.0, 0.010, 0.030, 0.020, 5.0, 0.020)
    model = cast("ModelFile", net)
    assert milliseconds_a_face(model, batch=10, runs=5) == pytest.approx(2.0)
    assert net.batches == [(10, 1, 48, 48)] * 8


def test_speed_ratio_of_two_nets_is_the_median_of_paired_measurements(clock: list[float]) -> None:
    slow, fast = (cast("ModelFile", FakeNet(clock, time)) for time in (0.03, 0.01))
    assert times_as_fast(slow, fast, rounds=3) == pytest.approx(3.0)
    assert times_as_fast(fast, slow, rounds=3) == pytest.approx(1 / 3)
