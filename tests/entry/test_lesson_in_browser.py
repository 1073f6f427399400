"""A lesson with every page of a room open at once: shared screen, cameras, board, report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="the dev group has it")

from serving import serving
from shared_screen import CHROMIUM, XVFB
from whole_lesson import LOST, NOTICE, Outcome, Plan, hold_lesson, open_lesson

# Five pages, two of which run nets, do not fit beside the other tests of a small machine.
pytestmark = [
    pytest.mark.sweep,
    pytest.mark.skipif(
        CHROMIUM is None or XVFB is None, reason="needs Chromium and Xvfb on this machine"
    ),
]
# The longest message of a student's page, bytes; the smallest picture of a face is longer.
LONGEST = 1000
SHORT, WHOLE = Plan(5, 20, 5), Plan(120, 90, 90)


def lesson(folder: Path, plan: Plan) -> Outcome:
    with (
        serving(folder, command="app", purpose="research") as service,
        open_lesson(service, folder) as (stage, outcome),
    ):
        hold_lesson(service, stage, outcome, plan)
        return outcome


@pytest.mark.parametrize(
    "plan",
    [SHORT, WHOLE],
    ids=["short", "whole"],
)
def test_lesson_ends_with_its_hardest_minutes_and_no_picture_of_a_student_left_a_page(
    tmp_path: Path, plan: Plan
) -> None:
    outcome = lesson(tmp_path, plan)
    assert outcome.said == []
    assert f"{LOST} taps" in outcome.covers
    begins, ends = outcome.stretch
    assert begins - 60 < outcome.hardest[0] < ends
    assert "were lost" in outcome.listed[0]
    assert len(outcome.listed) <= 3
    assert NOTICE in outcome.report
    assert "students who joined by a code, and a shared window" in outcome.report
    for page in outcome.pages:
        # Requests fetch files and send nothing; the connection carries short texts alone.
        assert {(method, size) for method, _, size in page.requests} == {("GET", 0)}
        assert {json.loads(frame)["k"] for frame in page.frames} == {"join", "r"}
        assert all(isinstance(frame, str) and len(frame) < LONGEST for frame in page.frames)
    if plan is WHOLE:
        assert outcome.fell is not None
        assert outcome.fell == pytest.approx(outcome.stretch, abs=30)
