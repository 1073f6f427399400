from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("babel", reason="needs the app extra")

import roomread
from roomread.errors import BusyError, MediaError, MissingExtraError, RoomreadError
from roomread.fewshot import LeaveOneOutResult
from roomread.fewshot.profile import check_name
from roomread.formats import error_words
from roomread.formats.error_words import SENTENCES, error_text, problem_text
from roomread.locales import ENGLISH, LANGUAGES, SOURCE, translator
from roomread.media import open_source, read_image
from roomread.readings import Expression, Unreadable
from roomread.room import parse_rules
from roomread.services.capacity import ConcurrencyLimiter
from roomread.services.profile_summary import verdict
from roomread.services.purpose import Activity, problem_with
from roomread.settings.intended_use import IntendedUse, Purpose, Region

GERMAN = translator("de")
TRANSLATED = [language for language in LANGUAGES if language != SOURCE]
USES = [
    IntendedUse(purpose, region)
    for purpose, region in itertools.product([None, *Purpose], [None, *Region])
]


@pytest.mark.parametrize("language", TRANSLATED)
def test_refusals_for_every_purpose_and_region_are_translated(language: str) -> None:
    words = translator(language)
    refusals = {problem_with(activity, use) for activity in Activity for use in USES} - {None}
    assert len(refusals) == 4
    told = {problem_text(str(refusal), words) for refusal in refusals}
    assert len(told) == len(refusals)
    assert told.isdisjoint(refusals)
    # The clause about the missing region is translated too.
    assert not [text for text in told if " and " in text or " no region" in text]


def literals() -> str:
    """Return all strings of the package outside `error_words.py`, with {} for formatted values."""
    found = []
    for path in Path(roomread.__file__).parent.rglob("*.py"):
        if path.name == Path(error_words.__file__).name:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = (p.value if isinstance(p, ast.Constant) else "{}" for p in node.values)
                found.append("".join(map(str, parts)))
    return "\n".join(found)


def test_every_translatable_error_sentence_occurs_in_the_source_code() -> None:
    texts = literals()
    missing = [s for s in SENTENCES if re.sub(r"\{\w+\}", "{}", s).removeprefix("{}") not in texts]
    assert missing == []


def raised(function: Callable[[], object]) -> RoomreadError:
    with pytest.raises(RoomreadError) as found:
        function()
    return found.value


def without_turn() -> None:
    with ConcurrencyLimiter(running=0, waiting=0).slot("somebody"):
        pass


def test_errors_that_users_cause_are_translated(tmp_path: Path) -> None:
    empty, text = tmp_path / "empty.png", tmp_path / "text.png"
    empty.touch()
    text.write_text("no picture", encoding="utf-8")
    video = tmp_path / "text.mp4"
    video.write_text("no video", encoding="utf-8")
    errors = [
        raised(lambda: read_image(tmp_path / "missing.png")),
        raised(lambda: read_image(tmp_path)),
        raised(lambda: read_image(empty)),
        raised(lambda: read_image(text)),
        raised(lambda: open_source(str(tmp_path / "missing.mp4"))),
        raised(lambda: open_source(str(video))),
        raised(lambda: open_source("77")),
        raised(lambda: check_name("Ä B")),
        raised(lambda: check_name("happy")),
        raised(lambda: parse_rules("the room is loud")),
        raised(without_turn),
        MissingExtraError("a report as PDF", extra="pdf"),
        BusyError("too many pictures are being processed for other users", seconds=60),
    ]
    for error in errors:
        told = error_text(error, GERMAN)
        untranslated = [part for part in (error.problem, error.hint) if part and part in told]
        # A command that installs an extra is not translated.
        assert [part for part in untranslated if not part.startswith("pip ")] == []
        # The result of a video contains the whole error as text.
        assert problem_text(str(error), GERMAN) == told


def test_reason_in_an_error_message_is_translated_and_the_file_name_is_unchanged() -> None:
    for reason in Unreadable:
        told = problem_text(f"a: b.png: the face cannot be read: {reason}", GERMAN)
        assert told.startswith("a: b.png: das Gesicht ist nicht lesbar: ")
        assert reason.value not in told
    cut = "lesson.mp4: is cut off: 12.5 s of 1200.0 s could be read"
    assert problem_text(cut, GERMAN).endswith("12,5 s von 1.200 s waren lesbar")


def test_result_of_teaching_is_translated() -> None:
    person = LeaveOneOutResult(4, 4, 1, 0.25, 0.5, 0.7, Expression.NEUTRAL)
    state = LeaveOneOutResult(4, 1, None, 0.0, 0.0, 0.0, Expression.SAD)
    assert problem_text(verdict(person), GERMAN) == (
        "Es hilft: 4 von 4 zurückgehaltenen Bildern werden richtig gelesen, 1 vom allgemeinen "
        "Modell; Wahrscheinlichkeit dessen, was sie zeigen: 0,25 vorher, 0,5 nachher."
    )
    assert problem_text(verdict(state), GERMAN).endswith("liest die meisten als Trauer.")
    one = LeaveOneOutResult(1, 0, 0, 0.0, 0.0, 0.0, Expression.SAD)
    assert problem_text(verdict(one), GERMAN).startswith("Nicht geprüft: mit einem Bild gelehrt")
    right = LeaveOneOutResult(4, 4, 4, 0.9, 0.9, 0.0, Expression.NEUTRAL)
    assert problem_text(verdict(right), GERMAN).startswith("Schon richtig gelesen: ")


def test_errors_are_unchanged_when_they_are_unknown_or_the_language_is_english() -> None:
    error = MediaError("lesson.mp4: Input/output error", hint="ask the operator")
    assert error_text(error, GERMAN) == str(error)
    assert problem_text(str(error), GERMAN) == str(error)
    known = MediaError("a.png: no such file", hint="check the name")
    assert error_text(known, ENGLISH) == problem_text(str(known), ENGLISH) == str(known)
    half = "a.png: no such file (ask the operator)"
    assert problem_text(half, GERMAN) == "a.png: es gibt keine solche Datei (ask the operator)"
