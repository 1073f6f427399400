from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from roomread.bench import measure as bench
from roomread.readings import Box, Expression, Quality, Reading, Scores

QUALITY = Quality(
    size=50, visible=1, brightness=0.5, contrast=0.2, sharpness=0.5, frontality=None, reason=None
)


def reading(left: float, expression: Expression, sure: float = 0.9) -> Reading:
    p = np.full(7, (1 - sure) / 6, dtype=np.float32)
    p[expression] = sure
    box = Box(left, 0, left + 40, 50)
    return Reading(
        source="",
        time=0,
        frame_index=0,
        box=box,
        detection_confidence=1,
        quality=QUALITY,
        scores=Scores(p, 0.0),
    )


def agreement(found: Sequence[Reading], true: Sequence[Reading]) -> bench.Agreement:
    return bench.agreement([found], [true])


def test_equal_readings_have_full_agreement() -> None:
    faces = [reading(0, Expression.HAPPY), reading(100, Expression.SAD)]
    same = agreement(faces[::-1], faces)
    assert same == bench.Agreement(found=1, extra=0, labels=1, apart=0, overlap=1)


def test_agreement_counts_missed_added_and_different_readings() -> None:
    true = [reading(0, Expression.HAPPY), reading(100, Expression.SAD)]
    found = [reading(4, Expression.FEAR), reading(300, Expression.SAD)]
    other = agreement(found, true)
    assert other.found == 0.5
    assert other.extra == 1
    assert other.labels == 0
    assert other.apart == pytest.approx(0.9 - 0.1 / 6)
    assert other.overlap == pytest.approx(36 / 44)


def test_times_of_stages_add_up_to_the_time_of_a_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    short = replace(bench.SCENES["webcam"], frames=8)
    monkeypatch.setitem(bench.SCENES, "webcam", short)
    result = bench.measure("webcam")
    assert result.faces == 1
    assert result.frame_ms == pytest.approx(sum(result.stages.values()))
    assert min(result.stages.values()) > 0
    assert set(result.extras) == {"draw", "encode"}
    assert result.agreement.found == 1
    assert result.memory_mb > 50
    assert json.loads(json.dumps(result.to_dict()))["scene"] == "webcam"
