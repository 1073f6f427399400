from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from classes import reading, showing
from fake_page import FakePage, RerunError
from roomread.fewshot.evaluate import LeaveOneOutResult
from roomread.readings import Expression, Reading, Scores
from roomread.services.watch import LiveState
from roomread.web import one_face

HAPPY = replace(reading(1, 0.0, showing(Expression.HAPPY)), track_id=1, seat=None)
HIDDEN = replace(reading(2, 0.0, None), track_id=2, seat=None)
RESULT = LeaveOneOutResult(10, 9, 2, 0.25, 0.75, 1.0, Expression.SAD)


class FakeWatch:
    """A fake watch with the state of a camera and the result of a calibration."""

    def __init__(self, *faces: Reading, **values: Any) -> None:
        self.state = LiveState(faces)
        self.calibrating: float | None = None
        self.calibrated = False
        self.not_resting: Expression | None = None
        self.evaluation: LeaveOneOutResult | None = None
        self.forgotten = self.begun = 0
        self.__dict__.update(values)

    def calibrate(self) -> None:
        self.begun += 1

    def forget_calibration(self) -> None:
        self.forgotten += 1


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> FakePage:
    made = FakePage()
    monkeypatch.setattr(one_face, "st", made)
    monkeypatch.setattr(one_face, "show_svg", lambda svg, **_: made.svg(svg))
    return made


def face(faces: Sequence[Reading]) -> Reading | None:
    return one_face._show_face(LiveState(tuple(faces)))


def test_page_shows_that_no_face_is_found(page: FakePage) -> None:
    assert face([]) is None
    assert page.texts("info") == ["No face is found."]


def test_single_face_is_drawn_without_buttons_to_choose_it(page: FakePage) -> None:
    assert face([HAPPY]) is HAPPY
    assert page.texts("button") == []
    assert page.texts("markdown") == ["**#1: happy (90%)**"]
    assert [svg[:4] for svg in page.texts("svg")] == ["<svg"] * 2


def test_chosen_face_stays_chosen_until_it_leaves_the_picture(page: FakePage) -> None:
    page.answers = {"#2": True}
    assert face([HAPPY, HIDDEN]) is HIDDEN
    page.answers = {}
    assert face([HAPPY, HIDDEN]) is HIDDEN
    assert page.texts("info")[-1] == "Face 2 cannot be read: turned away."
    third = replace(HAPPY, track_id=3)
    assert face([HAPPY, third]) is HAPPY


def test_face_below_the_threshold_is_called_unsure(page: FakePage) -> None:
    unsure = replace(HAPPY, scores=Scores(showing(Expression.HAPPY, 0.5), threshold=0.9))
    face([unsure])
    assert page.texts("markdown") == ["**#1: unsure (50%)**"]


@pytest.mark.parametrize(
    ("values", "kind", "words"),
    [
        ({"not_resting": Expression.HAPPY}, "warning", "showed happy most of the time"),
        ({}, "warning", "readable too rarely"),
        ({"evaluation": RESULT}, "success", "rose from 25% to 75%"),
        (
            {"evaluation": replace(RESULT, correct=10, correct_before=10, gain=-1.0)},
            "info",
            "already read as neutral",
        ),
        ({"evaluation": replace(RESULT, correct=2, gain=-1.0)}, "warning", "would not help"),
    ],
    ids=["not resting", "rarely seen", "helps", "not needed", "does not help"],
)
def test_page_shows_the_result_of_a_calibration(
    page: FakePage, values: dict[str, object], kind: str, words: str
) -> None:
    watch: Any = FakeWatch(calibrated=True, **values)
    one_face._offer_calibration(watch)
    (text,) = page.texts(kind)
    assert words in text
    assert "Learn it again (10 s)" in page.texts("button")


def test_progress_bar_replaces_the_button_during_a_calibration(page: FakePage) -> None:
    watch: Any = FakeWatch(calibrating=2.6)
    one_face._offer_calibration(watch)
    (progress,) = (each for each in page.drawn if each.kind == "progress")
    assert progress.options["text"] == "Look at the camera, relaxed: 3 s"
    assert 0 < float(progress.text) < 1
    assert page.texts("button") == []


@pytest.mark.parametrize(
    ("button", "calls"), [("Forget it", (1, 0)), ("Learn it again (10 s)", (0, 1))]
)
def test_buttons_forget_or_repeat_a_calibration(
    page: FakePage, button: str, calls: tuple[int, int]
) -> None:
    watch: Any = FakeWatch(calibrated=True, evaluation=RESULT)
    page.answers = {button: True}
    with pytest.raises(RerunError):
        one_face._offer_calibration(watch)
    assert (watch.forgotten, watch.begun) == calls
