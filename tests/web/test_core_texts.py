from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

import streamlit as st

from classes import lesson
from roomread.fewshot.profile import Observation
from roomread.readings import Expression, NoPicture, Quality, Unreadable
from roomread.room import Alert
from roomread.room.rules import MEASURES
from roomread.services.profile_summary import ProfileSummary
from roomread.services.teaching import PictureCheck
from roomread.web.core_texts import (
    alert_text,
    check_text,
    expression_name,
    label_text,
    no_picture_text,
    profile_text,
    reading_text,
    rule_text,
    unreadable_text,
)
from roomread.web.texts import choose_language


@pytest.fixture
def german() -> Iterator[None]:
    choose_language("de")
    yield
    st.session_state.clear()


@pytest.mark.usefixtures("german")
def test_reasons_for_an_unreadable_face_and_for_no_picture_are_translated() -> None:
    assert unreadable_text(Unreadable.TOO_DARK) == "zu dunkel"
    assert no_picture_text(NoPicture.FROZEN) == "Kein Bild: Es steht seit Sekunden still."
    reading = replace(
        next(iter(lesson(2)))[1][0], quality=Quality(reason=Unreadable.COVERED), scores=None
    )
    assert reading_text(reading) == "nicht lesbar: verdeckt"


@pytest.mark.usefixtures("german")
def test_every_reason_and_expression_has_its_own_text() -> None:
    reasons = {unreadable_text(reason) for reason in Unreadable}
    assert len(reasons) == len(Unreadable)
    assert reasons.isdisjoint(reason.value for reason in Unreadable)
    assert len({no_picture_text(reason) for reason in NoPicture}) == len(NoPicture)
    assert len({expression_name(expression) for expression in Expression}) == len(Expression)


def test_english_text_of_a_reading_equals_its_string_form() -> None:
    for reading in next(iter(lesson(2)))[1]:
        assert reading_text(reading) == str(reading)


FALL = Alert(1, 9.0, "room valence fell by 20% in 3 min", -0.1, 0.99, 30, before=0.25)
AVERAGE = Alert(2, 9.0, "person eyes_closed above 50% for 2 min", 0.625, 0.9, 120, seat=4)


@pytest.mark.usefixtures("german")
def test_reason_of_an_alert_is_translated_for_the_visitor() -> None:
    assert alert_text(FALL) == "Raum: Valenz in 30 s von +0,25 auf -0,10 gefallen"
    assert alert_text(AVERAGE) == "Platz 4: Augen geschlossen 62\u00a0% im Mittel über 2:00 min"


@pytest.mark.usefixtures("german")
def test_rules_and_labels_are_translated_for_the_visitor() -> None:
    assert rule_text(FALL.rule) == "Raum: Valenz fällt um 20\u00a0% in 3:00 min"
    assert rule_text(AVERAGE.rule) == "eine Person: Augen geschlossen über 50\u00a0% für 2:00 min"
    assert rule_text("room coverage below 50% for 90 s").endswith("unter 50\u00a0% für 90 s")
    assert rule_text("a rule of another version") == "a rule of another version"
    assert [label_text(each) for each in ("happy", "unsure")] == ["Freude", "unsicher"]


@pytest.mark.usefixtures("german")
def test_every_measure_of_a_rule_has_its_own_text() -> None:
    measures = {each for measures in MEASURES.values() for each in measures}
    rules = [f"person {measure} above 50% for 2 min" for measure in measures]
    told = {alert_text(replace(AVERAGE, rule=rule)) for rule in rules}
    assert len(told) == len(measures)


def test_english_text_of_an_alert_equals_its_reason() -> None:
    assert (alert_text(FALL), alert_text(AVERAGE)) == (FALL.reason, AVERAGE.reason)


@pytest.mark.usefixtures("german")
def test_profile_is_summarised_in_the_language_of_the_visitor() -> None:
    person = ProfileSummary("asha", "person", pictures={"neutral": 3, "happy": 1})
    assert profile_text(person) == "eine Person: 3 neutral, 1 Freude"
    state = ProfileSummary("confused", "state", "asha", pictures={"confused": 4})
    assert profile_text(state) == "ein Zustand von asha: 4 confused"


@pytest.mark.usefixtures("german")
def test_reason_why_a_picture_is_unusable_is_translated_for_the_visitor() -> None:
    assert check_text(PictureCheck()) == "kein Gesicht gefunden"
    assert check_text(PictureCheck(faces=3)) == "3 Gesichter gefunden"
    told = check_text(PictureCheck(problem="a.png: is not a picture"))
    assert told == "lässt sich nicht öffnen: a.png: ist kein Bild"
    reading = next(iter(lesson(2)))[1][0]
    blurred = replace(reading, quality=Quality(reason=Unreadable.BLURRED), scores=None)
    told = check_text(PictureCheck(1, Observation(blurred, None, None)))
    assert told == "nicht lesbar: unscharf"
