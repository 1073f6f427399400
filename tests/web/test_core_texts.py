from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

import streamlit as st

from classes import lesson
from roomread.readings import Expression, NoPicture, Quality, Unreadable
from roomread.web.core_texts import (
    expression_name,
    no_picture_text,
    reading_text,
    unreadable_text,
)
from roomread.web.texts import choose_language


@pytest.fixture
def german() -> Iterator[None]:
    choose_language("de")
    yield
    st.session_state.clear()


@pytest.mark.usefixtures("german")
def test_reasons_of_the_core_are_told_in_the_language_of_the_visitor() -> None:
    assert unreadable_text(Unreadable.TOO_DARK) == "zu dunkel"
    assert no_picture_text(NoPicture.FROZEN) == "Kein Bild: Es steht seit Sekunden still."
    reading = replace(
        next(iter(lesson(2)))[1][0], quality=Quality(reason=Unreadable.COVERED), scores=None
    )
    assert reading_text(reading) == "nicht lesbar: verdeckt"


@pytest.mark.usefixtures("german")
def test_every_reason_and_expression_has_words_of_its_own() -> None:
    reasons = {unreadable_text(reason) for reason in Unreadable}
    assert len(reasons) == len(Unreadable)
    assert reasons.isdisjoint(reason.value for reason in Unreadable)
    assert len({no_picture_text(reason) for reason in NoPicture}) == len(NoPicture)
    assert len({expression_name(expression) for expression in Expression}) == len(Expression)


def test_reading_is_told_as_the_core_writes_it_in_english() -> None:
    for reading in next(iter(lesson(2)))[1]:
        assert reading_text(reading) == str(reading)
