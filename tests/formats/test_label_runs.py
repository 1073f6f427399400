from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classes import frame as class_frame
from roomread.errors import OutputError
from roomread.formats.label_runs import LabelRun, LabelRuns
from roomread.readings import Expression, Frame

HAPPY, SAD = Expression.HAPPY, Expression.SAD


def picture(time: float, source: str = "lesson.mp4") -> Frame:
    return Frame(np.zeros((8, 8, 3), np.uint8), time, round(time * 10), source)


def runs_of(frames: Mapping[float, Mapping[int, Expression | None]]) -> list[LabelRun]:
    runs = LabelRuns()
    for time, shown in frames.items():
        runs.add(picture(time), class_frame(time, shown))
    return runs.close()


def test_label_run_ends_at_the_first_frame_with_another_expression() -> None:
    assert runs_of({0.0: {1: HAPPY}, 0.5: {1: HAPPY}, 1.0: {1: SAD}, 1.5: {1: SAD}}) == [
        LabelRun(1, "happy", 0.0, 1.0),
        LabelRun(1, "sad", 1.0, 2.0),
    ]


def test_label_run_ends_when_the_person_is_not_seen_for_over_a_second() -> None:
    runs = runs_of({0.0: {1: HAPPY}, 0.5: {1: HAPPY}, 1.0: {}, 2.5: {1: HAPPY}})
    assert [run.start for run in runs] == [0.0, 2.5]
    assert runs[0].end < 2.5


def test_label_run_continues_when_the_person_is_not_seen_for_under_a_second() -> None:
    assert len(runs_of({0.0: {1: HAPPY}, 0.5: {}, 0.9: {1: HAPPY}})) == 1


def test_each_person_has_separate_label_runs() -> None:
    runs = runs_of({0.0: {1: HAPPY, 2: None}, 1.0: {1: HAPPY, 2: SAD}})
    assert [(run.person, run.label) for run in runs] == [
        (1, "happy"),
        (2, "unreadable"),
        (2, "sad"),
    ]


@given(st.lists(st.tuples(st.floats(0.01, 3), st.sampled_from([HAPPY, SAD, None])), min_size=1))
def test_label_runs_of_a_person_never_overlap(steps: list[tuple[float, Expression | None]]) -> None:
    time, frames = 0.0, {}
    for step, shown in steps:
        frames[time] = {1: shown}
        time += step
    runs = runs_of(frames)
    assert all(run.start < run.end for run in runs)
    assert all(a.end <= b.start + 1e-9 for a, b in pairwise(runs))


def test_label_runs_refuse_a_frame_of_a_second_source() -> None:
    runs = LabelRuns()
    runs.add(picture(0.0, "a.mp4"), [])
    with pytest.raises(OutputError, match=r"'a\.mp4' and 'b\.mp4'"):
        runs.add(picture(0.0, "b.mp4"), [])
