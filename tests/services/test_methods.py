from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from classes import frame as class_frame
from roomread._version import __version__
from roomread.classifier import Head, open_model
from roomread.errors import ModelFileError
from roomread.readings import Expression, Reading, Scores
from roomread.room import RoomMood
from roomread.room.session import Session
from roomread.services.methods import (
    MoodsSummary,
    OtherDetectorError,
    ReadingsSummary,
    check_detector,
    check_model,
    check_session_model,
    head_of,
    methods_text,
    summarise_moods,
    summarise_readings,
)
from roomread.services.references import bibtex

MODEL = open_model()


def lesson() -> list[Reading]:
    """Return eight readings of two faces: five happy, one unsure, two unreadable."""
    shown = [Expression.HAPPY] * 5 + [None] * 2
    readings = [
        each
        for time, expression in enumerate(shown)
        for each in class_frame(float(time), {1 + time % 2: expression})
    ]
    (unsure,) = class_frame(9.0, {1: Expression.SAD}, confidence=0.2)
    return [*readings, unsure]


def session(model: str) -> Session:
    now = datetime(2026, 5, 4, tzinfo=UTC)
    return Session("0a1b2c3d", "Maths", "0", model, 0.48, now, now, now, "", False, "")  # noqa: FBT003


def test_readings_are_counted_by_expression_and_unreadable_reason() -> None:
    summary = summarise_readings(lesson())
    assert summary.faces == 8
    assert summary.sources == 1
    assert summary.tracks == 2
    assert summary.expressions == {"happy": 5}
    assert summary.unsure == 1
    assert summary.unreadable == {"turned away": 2}


def test_methods_text_states_versions_settings_accuracy_and_shares() -> None:
    text = methods_text(MODEL, summarise_readings(lesson()))
    for fact in (__version__, MODEL.digest, f"{MODEL.card.threshold:.2f}", "0.3 s"):
        assert fact in text
    accuracy = MODEL.card.figures["FER+ majority, official: accuracy"].split(" | ")[0]
    assert f"accuracy {accuracy}, macro-F1" in text
    assert "62.5 % have an expression, 12.5 % were withheld as unsure" in text
    assert "25.0 % were unreadable (turned away 25.0 %)" in text


def test_methods_text_explains_the_intervals_of_its_figures() -> None:
    text = methods_text(MODEL, ReadingsSummary())
    assert re.search(r"accuracy 0\.\d+ ± 0\.\d+, macro-F1 0\.\d+, ECE 0\.\d+ against", text)
    assert "What follows ± is half of a 95 % interval." in text


def test_methods_text_about_pictures_does_not_mention_tracks() -> None:
    readings = [replace(each, track_id=None) for each in lesson()]
    text = methods_text(MODEL, summarise_readings(readings))
    assert "frame to frame" not in text
    assert "tracked" not in text


def test_every_citation_of_the_methods_text_is_in_the_references() -> None:
    text = methods_text(MODEL, summarise_readings(lesson()))
    cited = set(re.findall(r"\\cite\{(\w+)\}", text))
    assert cited == set(re.findall(r"@\w+\{(\w+),", bibtex(text)))
    assert bibtex(text).count("{") == bibtex(text).count("}")


def test_methods_text_about_a_session_says_what_was_stored() -> None:
    text = methods_text(MODEL, ReadingsSummary(), session=session(MODEL.digest))
    assert "Figures of the class alone were kept, in steps of 5 %" in text
    assert "session 0a1b2c3d of 2026-05-04" in text


def test_methods_text_about_a_room_without_readings_has_shares_from_its_moods() -> None:
    scores = np.full(7, 1 / 7)
    moods = [RoomMood(1, 10, 8, scores), RoomMood(2, 10, 4), RoomMood(3, 0, 0)]
    summary = summarise_moods(moods)
    assert (summary.moods, summary.without_scores) == (2, 0.5)
    text = methods_text(MODEL, ReadingsSummary(), session=session(MODEL.digest), moods=summary)
    assert "40.0 % of the people present were unreadable" in text
    assert "50.0 % of the figures were withheld, as those with fewer than 5 readable" in text


def summary_of(moods: list[RoomMood]) -> MoodsSummary:
    return summarise_moods(moods, [(mood.present, mood.excluded) for mood in moods])


def test_methods_text_about_a_room_states_unreadable_shares_by_reason_in_5_percent_steps() -> None:
    reasons = {"turned away": 11, "covered": 1}
    moods = [RoomMood(1, 40, 28, excluded=reasons), RoomMood(2, 4, 0, excluded={"too dark": 4})]
    text = methods_text(MODEL, ReadingsSummary(), moods=summary_of(moods))
    assert "these were at least 5: turned away 30 %, covered under 5 %." in text
    assert "too dark" not in text
    partly = [*moods, RoomMood(3, 40, 30)]
    text = methods_text(MODEL, ReadingsSummary(), moods=summary_of(partly))
    assert "those of 1 of 2 figures; an earlier version" in text


def test_methods_text_about_a_room_says_when_the_unreadable_reasons_are_not_known() -> None:
    few = methods_text(MODEL, ReadingsSummary(), moods=summary_of([RoomMood(1, 4, 2)]))
    assert "not stated where fewer than 5 people are present" in few
    old = methods_text(MODEL, ReadingsSummary(), moods=summary_of([RoomMood(1, 9, 8)]))
    assert "By which reasons is not known" in old
    read = summary_of([RoomMood(1, 9, 9, excluded={})])
    text = methods_text(MODEL, ReadingsSummary(), moods=read)
    assert "Where at least 5 people were present, all could be read." in text


def test_methods_text_about_an_empty_room_has_no_shares() -> None:
    summary = summarise_moods([RoomMood(1, 0, 0)])
    assert "people present" not in methods_text(MODEL, ReadingsSummary(), moods=summary)


def test_readings_of_another_model_are_refused() -> None:
    scores = lesson()[0].scores
    assert scores is not None
    other = replace(lesson()[0], scores=Scores(scores.probabilities, 0.9))
    with pytest.raises(ModelFileError, match="another model read them"):
        check_model(MODEL, summarise_readings([other]))


def test_methods_text_names_the_head_of_the_net_that_was_used() -> None:
    assert "for the majority of FER+'s taggers was used" in methods_text(MODEL, ReadingsSummary())
    text = methods_text(MODEL, ReadingsSummary(), head=Head.LABEL)
    assert "for FER-2013's label was used" in text
    assert f"T = {MODEL.card.temperature_fer2013:.2f})" in text


def test_head_of_the_net_is_parsed_from_the_model_field_of_a_session() -> None:
    net = f"{MODEL.name} {MODEL.digest}"
    heads = [
        head_of(session(text)) for text in (net, f"{net} head:both", f"{net} head:label; dlib")
    ]
    assert heads == [Head.TAGGERS, Head.BOTH, Head.LABEL]


def test_session_of_another_model_is_refused() -> None:
    check_session_model(MODEL, session(f"{MODEL.name} {MODEL.digest}"))
    with pytest.raises(ModelFileError, match=MODEL.digest):
        check_session_model(MODEL, session("compact 000000000000"))


@pytest.mark.parametrize(
    ("detector", "named"),
    [
        ("default", "CenterFace \\cite{xu2020centerface}"),
        ("haar", "Haar cascade of OpenCV \\cite{viola2001rapid}"),
        ("upright", "found by the detector 'upright' and classified"),
    ],
)
def test_methods_text_names_the_face_detector_and_its_reference(detector: str, named: str) -> None:
    text = methods_text(MODEL, ReadingsSummary(), detector=detector)
    assert named in text
    assert ("CenterFace" in text) == (detector == "default")
    cited = set(re.findall(r"\\cite\{(\w+)\}", text))
    assert cited == set(re.findall(r"@\w+\{(\w+),", bibtex(text)))


@pytest.mark.parametrize(("detector", "with_landmarks"), [("default", 7), ("haar", 1)])
def test_readings_of_another_detector_are_refused(detector: str, with_landmarks: int) -> None:
    summary = ReadingsSummary(faces=8, with_landmarks=with_landmarks)
    with pytest.raises(OtherDetectorError, match="landmarks"):
        check_detector(detector, summary)
    for possible in (replace(summary, with_landmarks=8), replace(summary, with_landmarks=0)):
        check_detector("upright", possible)
    check_detector("default", replace(summary, with_landmarks=8))
    check_detector("haar", replace(summary, with_landmarks=0))
