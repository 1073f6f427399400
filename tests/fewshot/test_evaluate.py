from __future__ import annotations

import pytest

from roomread.errors import ProfileError
from roomread.fewshot import LeaveOneOutResult, evaluate
from roomread.readings import Expression
from small_net import person, small_model, state


def result(
    references: int = 5, correct: int = 3, before: int | None = 3, gain: float = 0.1
) -> LeaveOneOutResult:
    return LeaveOneOutResult(references, correct, before, 0.5, 0.6, gain, Expression.SAD)


@pytest.mark.parametrize(
    ("evaluated", "helps"),
    [
        (result(references=1, correct=1), None),
        (result(correct=4), True),
        (result(correct=3, gain=0.1), True),
        (result(correct=3, gain=0.01), False),
        (result(correct=2, gain=0.5), False),
        # No picture is read correctly, before or after: a higher probability does not help.
        (result(correct=0, before=0, gain=0.5), False),
        (result(references=4, correct=2, before=None), True),
        (result(references=5, correct=2, before=None), False),
    ],
)
def test_profile_helps_if_it_reads_more_pictures_correctly_or_as_many_with_more_confidence(
    evaluated: LeaveOneOutResult, *, helps: bool | None
) -> None:
    assert evaluated.helps is helps


def test_leave_one_out_result_is_printed_as_one_sentence() -> None:
    assert str(result()) == (
        "3 of 5 left-out pictures are read correctly, 3 by the general model; probability of what "
        "they show 0.50 before, 0.60 after"
    )
    assert "the general model calls most of them sad" in str(result(before=None))
    assert "no other is left for a test" in str(result(references=1))


def test_profile_of_a_person_whose_neutral_face_looks_sad_improves_the_reading() -> None:
    found = evaluate(person("asha", 6), small_model())
    assert (found.references, found.correct, found.correct_before) == (6, 6, 0)
    assert found.probability_after > found.probability_before
    assert found.gain > 0
    assert found.usual_expression is Expression.SAD


def test_state_is_recognised_in_each_reference_picture_if_taught_with_the_other_pictures() -> None:
    found = evaluate(state("tired", 3), small_model())
    assert (found.correct, found.correct_before) == (3, None)
    assert found.usual_expression is Expression.SAD


def test_leave_one_out_counts_no_correct_picture_for_a_state_taught_with_one_picture() -> None:
    assert evaluate(state("tired", 1), small_model()).correct == 0


def test_profile_of_another_net_is_refused() -> None:
    with pytest.raises(ProfileError, match="was taught with the model small"):
        evaluate(state("tired"), small_model(digest="1"))
