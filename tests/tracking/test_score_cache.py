from __future__ import annotations

from itertools import pairwise

from roomread.tracking import ScoreCache


def test_cached_value_is_valid_until_it_reaches_the_maximum_age() -> None:
    cache = ScoreCache[str](max_age=0.5)
    assert cache.find(1, 0.0) is None
    cache.keep(1, "happy", 0.0)
    cache.keep(1, "sad", 1.0)
    assert cache.find(1, 1.49) == "sad"
    assert cache.find(1, 1.5) is None
    assert cache.find(2, 1.1) is None


def test_first_cached_values_of_tracks_that_begin_together_expire_at_different_times() -> None:
    cache = ScoreCache[int](max_age=1.0)
    due = []
    for track_id in range(1, 21):
        cache.keep(track_id, track_id, 0.0)
        due.append(next(n for n in range(101) if cache.find(track_id, n / 100) is None))
    # At most 3 of the 20 values expire in any tenth of the maximum age.
    assert max(sum(10 * k <= moment < 10 * k + 10 for moment in due) for k in range(10)) <= 3
    assert min(due) < 20
    assert max(due) > 80


def test_later_cached_values_of_simultaneous_tracks_expire_in_different_frames() -> None:
    cache = ScoreCache[int](max_age=0.12)
    frames_of = {track_id: list[int]() for track_id in range(1, 26)}
    for frame in range(60):
        for track_id, frames in frames_of.items():
            if cache.find(track_id, frame / 25) is None:
                cache.keep(track_id, track_id, frame / 25)
                frames.append(frame)
    for frames in frames_of.values():
        # After its first value, a track is due every third frame, or by rounding every fourth.
        assert {b - a for a, b in pairwise(frames[1:])} <= {3, 4}
    busiest = max(sum(frame in frames for frames in frames_of.values()) for frame in range(10, 60))
    assert busiest <= 12


def test_cache_with_a_maximum_age_of_zero_keeps_nothing() -> None:
    cache = ScoreCache[str](max_age=0)
    cache.keep(1, "happy", 0.0)
    assert cache.find(1, 0.0) is None


def test_cleared_cache_is_empty() -> None:
    cache = ScoreCache[str](max_age=9)
    cache.keep(1, "happy", 0.0)
    cache.clear()
    assert cache.find(1, 0.0) is None
