from __future__ import annotations

import pytest

from roomread.services.frame_timing import FrameTiming


class FakeClock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def timing(clock: FakeClock) -> FrameTiming:
    return FrameTiming(clock)


def test_times_count_from_the_first_frame_by_the_clock_of_the_camera(
    timing: FrameTiming, clock: FakeClock
) -> None:
    times = []
    for camera_time in (50.0, 50.04, 50.08):
        clock.now += 0.3
        times.append(timing.since_start(camera_time))
    assert times == pytest.approx([0.0, 0.04, 0.08])


def test_time_between_two_connections_is_measured_by_the_clock_of_this_computer(
    timing: FrameTiming, clock: FakeClock
) -> None:
    timing.since_start(50.0)
    clock.now += 12
    timing.connect()
    assert timing.since_start(0.0) == pytest.approx(12.0)
    assert timing.since_start(0.5) == pytest.approx(12.5)


def test_frame_times_increase_strictly(timing: FrameTiming) -> None:
    times = [timing.since_start(t) for t in (10.0, 10.5, 10.5, 10.2, 11.0)]
    assert times == sorted(set(times))
    timing.connect()
    # This computer's clock has not advanced, so the time follows the last frame.
    assert timing.since_start(0.0) > times[-1]


def test_rate_counts_the_frames_finished_in_the_last_two_seconds(
    timing: FrameTiming, clock: FakeClock
) -> None:
    assert timing.rate() == 0.0
    for _ in range(100):
        clock.now += 0.1
        rate = timing.rate()
    assert rate == pytest.approx(10.0)


def test_age_of_a_frame_is_relative_to_the_fastest_frame(
    timing: FrameTiming, clock: FakeClock
) -> None:
    clock.now = 200.0
    assert timing.age(10.0, 199.9) == pytest.approx(0.1)
    # This frame waited for a second more than the fastest one before it was read.
    clock.now = 202.0
    assert timing.age(11.0, 201.9) == pytest.approx(1.1)


@pytest.mark.parametrize("jump", [143_021.0, -47_721.0], ids=["ahead", "back"])
def test_jump_of_the_camera_clock_does_not_affect_the_times(
    timing: FrameTiming, clock: FakeClock, jump: float
) -> None:
    timing.since_start(50.0)
    clock.now += 2.0
    assert timing.since_start(52.0) == pytest.approx(2.0)
    clock.now += 0.5
    assert timing.since_start(52.5 + jump) == pytest.approx(2.5)
    assert timing.age(52.5 + jump, clock.now) == pytest.approx(0.0)
    clock.now += 0.5
    assert timing.since_start(53.0 + jump) == pytest.approx(3.0)


def test_frame_that_arrives_late_keeps_the_time_of_the_camera_clock(
    timing: FrameTiming, clock: FakeClock
) -> None:
    timing.since_start(50.0)
    clock.now += 20.0
    assert timing.since_start(51.0) == pytest.approx(1.0)
