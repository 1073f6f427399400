from __future__ import annotations

import time as clocks

import numpy as np
import pytest

from classes import lesson, showing
from room_recorder import RoomRecorder
from roomread.readings import VALENCE, Expression
from roomread.room import RoomMood
from roomread.store import Mark, OwnerStore
from roomread.store.summary import seat_map, summarise, time_series

HAPPY, SAD = Expression.HAPPY, Expression.SAD


def mood(time: float, expression: Expression | None, *, present: int = 10) -> RoomMood:
    """Return a mood of people who all show one expression, or whose scores are withheld."""
    scores = showing(expression).astype(np.float64) if expression is not None else None
    return RoomMood(time, present, 8 if expression is not None else 3, scores)


def valence_of(expression: Expression) -> float:
    return float(VALENCE @ showing(expression))


def test_session_without_moods_has_an_empty_summary() -> None:
    summary = summarise([], [Mark(1.0, "group work")])
    assert (summary.whole, summary.parts, summary.changes) == (None, (), ())


def test_session_without_marks_is_summarised_as_one_part() -> None:
    summary = summarise([mood(float(n), HAPPY) for n in range(1, 10)], [])
    (part,) = summary.parts
    assert (part.label, part.start, part.end, part.present) == ("from the start", 0.0, 9.0, 10.0)
    assert part.coverage == pytest.approx(0.8)
    assert part.valence == pytest.approx(valence_of(HAPPY))


def test_marks_divide_the_moods_of_a_session_into_parts() -> None:
    moods = [mood(float(n), HAPPY if n < 60 else SAD) for n in range(1, 120)]
    summary = summarise(moods, [Mark(60.0, "a test"), Mark(500.0, "after the end")])
    first, second = summary.parts
    assert [(part.label, part.start, part.end) for part in (first, second)] == [
        ("from the start", 0.0, 60.0),
        ("a test", 60.0, 119.0),
    ]
    assert first.valence == pytest.approx(valence_of(HAPPY))
    assert second.valence == pytest.approx(valence_of(SAD))
    (fall,) = summary.changes
    assert fall.time == pytest.approx(60, abs=10)


def test_long_session_with_many_marks_is_summarised_in_linear_time() -> None:
    # Reading all moods for each mark took two minutes.
    moods = [mood(float(n), HAPPY) for n in range(20_000)]
    times = []
    for count in (1, 1000):
        marks = [Mark(20.0 * n + 1, f"part {n}") for n in range(count)]
        begun = clocks.process_time()
        summary = summarise(moods, marks)
        times.append(clocks.process_time() - begun)
        assert len(summary.parts) == count + 1
    assert times[1] < 3 * times[0] + 0.5


def test_part_of_a_session_without_scores_has_no_valence() -> None:
    summary = summarise([mood(float(n), None) for n in range(1, 5)], [])
    (part,) = summary.parts
    assert (part.scores, part.interval, part.valence) == (None, None, None)
    assert part.coverage == pytest.approx(0.3)


def test_time_series_averages_moods_and_is_nan_in_steps_without_moods() -> None:
    moods = [mood(float(n), HAPPY) for n in range(100)] + [mood(300.0, SAD)]
    series = time_series(moods, points=10)
    assert len(series.times) == 10
    assert series.step == pytest.approx(30.0)
    assert series.valence[0] == pytest.approx(valence_of(HAPPY))
    assert np.isnan(series.valence[5])
    assert series.valence[-1] == pytest.approx(valence_of(SAD))
    assert series.present[0] == 10


def test_time_series_bridges_short_pauses_and_is_nan_in_long_pauses() -> None:
    times = [0.0, 1.0, 2.0, 4.4, 5.4, 6.4, 8.0, 9.0]
    bridged = time_series([mood(time, HAPPY) for time in times])
    assert not np.isnan(bridged.present).any()
    broken = time_series([mood(time, HAPPY) for time in [*times, 19.0, 20.0]])
    assert np.isnan(broken.present).any()


def test_time_series_of_no_moods_is_empty() -> None:
    series = time_series([])
    assert series.times.shape == (0,)
    assert series.scores.shape == (0, len(Expression))


@pytest.mark.parametrize("every", [0.5, 2.0, 7.0])
def test_seat_map_has_no_gaps_at_a_low_frame_rate(every: float, store: OwnerStore) -> None:
    session = store.create("Algebra 7b", keeps_people=True, consent="all")
    recorder = RoomRecorder(store, session, every=every)
    for time, readings in lesson(120, people=6, every=every):
        recorder.add_readings(time, readings)
    recorder.close()
    seats = seat_map(store.readings(session.id), {})
    assert seats is not None
    assert seats.seats == (1, 2, 3, 4, 5, 6)
    assert seats.seen.all()
