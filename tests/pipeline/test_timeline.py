from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import pyplot as plt

from classes import frame as class_frame
from roomread import Readings
from roomread.pipeline.timeline import score_timeline
from roomread.readings import Expression, Reading

HAPPY, SAD = Expression.HAPPY, Expression.SAD


def lesson() -> list[Reading]:
    """Return readings of two people: both happy in second 0, one sad in second 2."""
    return [
        *class_frame(0.0, {1: HAPPY, 2: HAPPY}),
        *class_frame(0.5, {1: HAPPY, 2: None}),
        *class_frame(2.25, {1: SAD, 2: None}),
    ]


def test_timeline_has_an_interval_for_each_second_and_a_column_for_each_person() -> None:
    timeline = score_timeline(lesson())
    assert timeline.times.tolist() == [0.0, 1.0, 2.0]
    assert timeline.people == (1, 2)
    assert timeline.counts.tolist() == [[2, 1], [0, 0], [1, 0]]
    assert np.isnan(timeline.scores[1]).all()
    assert timeline.scores[0, 0].argmax() == HAPPY
    assert timeline.scores[2, 0].argmax() == SAD


def test_every_person_counts_once_in_the_mean_scores_of_an_interval() -> None:
    timeline = score_timeline(lesson())
    expected = (timeline.scores[0, 0] + timeline.scores[0, 1]) / 2
    assert timeline.mean_scores[0] == pytest.approx(expected)
    assert np.isnan(timeline.mean_scores[1]).all()
    assert timeline.mean_scores[2] == pytest.approx(timeline.scores[2, 0])


def test_valence_is_positive_for_a_happy_person_and_negative_for_a_sad_person() -> None:
    valence = score_timeline(lesson()).valence
    assert valence[0, 0] > 0 > valence[2, 0]


@given(st.floats(0.05, 30), st.integers(0, 10_000))
def test_timeline_contains_every_reading(every: float, start: int) -> None:
    readings = [r for step in range(7) for r in class_frame(start + step * 0.7, {1: HAPPY, 2: SAD})]
    timeline = score_timeline(readings, every=every)
    assert timeline.counts.sum() == len(readings)
    first = timeline.times[0]
    assert first <= start + 1e-6
    assert start < first + every + 1e-6


def test_timeline_without_readings_is_empty() -> None:
    timeline = score_timeline([])
    assert timeline.scores.shape == (0, 0, 7)
    assert len(timeline.to_pandas()) == 0


def test_timeline_table_has_a_row_for_each_person_and_interval_with_readings() -> None:
    table = score_timeline(lesson()).to_pandas()
    assert table["time"].tolist() == [0.0, 0.0, 2.0]
    assert table["person"].tolist() == [1, 2, 1]
    assert table["readings"].tolist() == [2, 1, 1]
    assert table["scores_happy"][0] == pytest.approx(score_timeline(lesson()).scores[0, 0, HAPPY])


def test_timeline_plot_has_a_line_for_each_expression_with_gaps_between_readings() -> None:
    ax = Readings(lesson()).plot_timeline()
    try:
        assert [line.get_label() for line in ax.lines] == [str(each) for each in Expression]
        happy = np.asarray(ax.lines[HAPPY].get_ydata(), dtype=float)
        assert np.isnan(happy).tolist() == [False, True, False]
    finally:
        plt.close(ax.figure)  # type: ignore[arg-type] # of the axes that were just made


def test_readings_of_several_sources_are_refused() -> None:
    readings = lesson()
    readings[0] = replace(readings[0], source="another.mp4")
    with pytest.raises(ValueError, match="2 sources"):
        score_timeline(readings)


def test_invalid_intervals_are_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        score_timeline(lesson(), every=0)
    with pytest.raises(ValueError, match="longer"):
        score_timeline(lesson(), every=1e-7)


def test_timeline_plot_has_room_for_its_legend_and_for_values_of_0_and_1() -> None:
    ax = Readings(lesson()).plot_timeline()
    figure = ax.get_figure(root=True)
    assert figure is not None
    figure.canvas.draw()
    legend = ax.get_legend()
    assert legend is not None
    box = legend.get_window_extent()
    assert box.x1 <= figure.bbox.x1
    bottom, top = ax.get_ylim()
    assert bottom < 0
    assert top > 1
    plt.close(figure)
