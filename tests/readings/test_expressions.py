from __future__ import annotations

import pytest

from roomread.readings import Expression


def test_expressions_are_in_fer2013_order() -> None:
    names = ["ANGRY", "DISGUST", "FEAR", "HAPPY", "SAD", "SURPRISE", "NEUTRAL"]
    assert [Expression[name] for name in names] == list(range(7))


def test_angry_expression_is_truthy() -> None:
    assert [bool(e) for e in Expression] == [True] * 7


def test_an_expression_prints_its_name() -> None:
    happy = Expression.HAPPY
    assert str(happy) == f"{happy}" == format(happy) == f"{happy!s}" == "%s" % happy == "happy"  # noqa: UP031


def test_format_alignment_applies_to_the_name_of_an_expression() -> None:
    assert f"[{Expression.SAD:>6}]" == "[   sad]"


def test_number_format_is_an_error_for_an_expression() -> None:
    with pytest.raises(ValueError, match="format code"):
        format(Expression.SAD, ".2f")


def test_every_expression_has_its_own_color() -> None:
    assert len({e.color for e in Expression}) == 7
