"""Tests of a lesson with all its pages open: shared screen, cameras, board and report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="the dev group has it")

from serving import serving
from shared_screen import CHROMIUM, XVFB
from whole_lesson import LOST, NOTICE, Outcome, Plan, hold_lesson, open_lesson

pytestmark = pytest.mark.skipif(
    CHROMIUM is None or XVFB is None, reason="needs Chromium and Xvfb on this machine"
)
# Upper limit for the messages of a student's page, bytes; any picture of a face would be longer.
LONGEST = 1000
# A change of the valence is found only between levels that last a minute, so only a whole lesson
# has changes.
SHORT, WHOLE = Plan(2, 12, 2), Plan(80, 80, 80)


def hold(folder: Path, plan: Plan) -> Outcome:
    """Hold a lesson, and check the results that every lesson must have."""
    with (
        serving(folder, command="app", purpose="research") as service,
        open_lesson(service, folder) as (stage, outcome),
    ):
        hold_lesson(service, stage, outcome, plan)
    assert outcome.said == []
    assert f"{LOST} taps" in outcome.covers
    begins, ends = outcome.stretch
    assert begins - 60 < outcome.hardest[0] < ends
    assert "were lost" in outcome.listed[0]
    assert len(outcome.listed) <= 3
    assert outcome.lost is not None
    assert outcome.lost[0] < ends
    assert outcome.lost[1] > begins
    assert NOTICE in outcome.report
    assert "students who joined by a code, and a shared window" in outcome.report
    return outcome


def test_lesson_summary_lists_the_hardest_minute_and_student_pages_send_no_pictures(
    tmp_path: Path,
) -> None:
    outcome = hold(tmp_path, SHORT)
    for page in outcome.pages:
        # Requests only fetch files, and the WebSocket carries only short text messages.
        assert {(method, size) for method, _, size in page.requests} == {("GET", 0)}
        assert {json.loads(frame)["k"] for frame in page.frames} == {"join", "r"}
        assert all(isinstance(frame, str) and len(frame) < LONGEST for frame in page.frames)


@pytest.mark.sweep
def test_report_of_a_whole_lesson_names_the_period_in_which_the_class_was_less_positive(
    tmp_path: Path,
) -> None:
    outcome = hold(tmp_path, WHOLE)
    # If the shared screen is read too rarely, the report may name further falls.
    assert any(fell == pytest.approx(outcome.stretch, abs=30) for fell in outcome.fell)
