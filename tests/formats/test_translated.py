"""Check that every text of charts and of a lesson's report comes from the message catalogues."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import unescape

import numpy as np
import pytest

pytest.importorskip("sqlalchemy", reason="needs the sessions extra")

from classes import lesson, showing
from room_recorder import RoomRecorder
from roomread.formats.comparison_chart import ComparedLesson, comparison_chart
from roomread.formats.score_charts import people_chart, room_chart, score_bars, score_lines
from roomread.formats.session_charts import sparkline, states_chart
from roomread.formats.session_report import session_report
from roomread.joining.reports import ReportCounts, ReportSample
from roomread.locales import LANGUAGES, Translator, Value, translator
from roomread.readings import Expression, Scores
from roomread.room.session import Mark, Passage
from roomread.store import OwnerStore, Store
from roomread.store.summary import TimeSeries, time_series

# Words of the lesson's own data, and words that are the same in every language.
DATA = {"algebra", "lesson", "mp", "signed", "group", "work", "ada", "letter", "slide", "hello"}
NEUTRAL = {"roomread", "models", "docs", "metrics", "md", "research", "ai", "act"}
PLACEHOLDER = re.compile(r"(\{\w+\})")


def _dotted(text: str) -> str:
    parts = PLACEHOLDER.split(text)
    return "".join(p if PLACEHOLDER.fullmatch(p) else re.sub(r"[^\W\d_]", "·", p) for p in parts)


class Dotted(Translator):
    """Translator that replaces letters by dots, so that any letters left are untranslated text."""

    def gettext(self, message: str, **values: Value) -> str:
        return super().gettext(_dotted(message), **values)

    def ngettext(self, singular: str, plural: str, n: int, **values: Value) -> str:
        return super().ngettext(_dotted(singular), _dotted(plural), n, **values)


DOTTED = Dotted("de", {})


def untranslated(page: str) -> set[str]:
    """Return the words that HTML or SVG shows or gives to a screen reader."""
    page = re.sub(r"<style>.*?</style>|<!doctype html>", "", page, flags=re.DOTALL)
    texts = [*re.findall(r'aria-label="([^"]*)"', page), *re.findall(r">([^<]*)<", page)]
    return {word.lower() for text in texts for word in re.findall(r"[^\W\d_]{2,}", unescape(text))}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path_factory.mktemp('translated') / 'sessions.db'}")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def owned(store: Store) -> OwnerStore:
    return store.owned_by("user:anna")


@pytest.fixture(scope="module")
def session_id(store: Store, owned: OwnerStore) -> str:
    """Record a lesson with everything that a report can show, and return the session's id."""
    session = owned.create(
        "Algebra", source="lesson.mp4", keeps_people=True, consent="signed", notice="slide"
    )
    recorder = RoomRecorder(owned, session, every=2.0)
    falls = ((0.0, 0.9), (420.0, 0.0))
    for time, readings in lesson(720, people=8, every=2.0, moods=falls):
        recorder.add_readings(time, readings[:3] if 100 < time < 140 else readings)
    recorder.close()
    owned.mark(session.id, [Mark(300.0, "group work")])
    owned.enrol(session.id, 2, "Ada", consent="letter")
    owned.keep_passages(session.id, [Passage(0.0, 720.0, "hello")])
    samples = [ReportSample(5.0 * n, 20, 9, ReportCounts(lost=8), 1) for n in range(60, 80)]
    store.rooms.add_reports(session.id, samples)
    return session.id


@pytest.fixture(scope="module")
def series(owned: OwnerStore, session_id: str) -> TimeSeries:
    return time_series(owned.moods(session_id))


def test_every_text_of_a_report_comes_from_the_translation_catalogues(
    owned: OwnerStore, session_id: str
) -> None:
    report = session_report(owned, session_id, words=DOTTED)
    # The report has everything that is to be checked: a fall, an alert, a quotation and a gap.
    assert owned.alerts(session_id)
    assert report.count("<table") == 4
    assert "<ol>" in report
    started = DOTTED.day_and_time(owned.session(session_id).started_at).lower()
    model = (owned.session(session_id).model or "").lower()
    known = DATA | NEUTRAL | set(re.findall(r"[^\W\d_]{2,}", f"{started} {model} {session_id}"))
    assert untranslated(report) <= known


def test_reports_of_empty_and_small_lessons_have_only_text_of_the_translation_catalogues(
    owned: OwnerStore,
) -> None:
    empty = owned.create("Algebra", source="lesson.mp4")
    small = owned.create("Algebra", source="lesson.mp4")
    recorder = RoomRecorder(owned, small)
    for time, readings in lesson(20, people=2):
        recorder.add_readings(time, readings)
    recorder.close()
    for session in (empty, small):
        started = DOTTED.day_and_time(session.started_at).lower()
        known = set(re.findall(r"[^\W\d_]{2,}", f"{started} {session.id}".lower()))
        report = session_report(owned, session.id, words=DOTTED)
        assert untranslated(report) <= DATA | NEUTRAL | known


def charts(series: TimeSeries, words: Translator) -> Sequence[str]:
    scores = Scores(showing(Expression.HAPPY), 0.3)
    sad = showing(Expression.SAD).astype(np.float64)
    rows = [(second, person, sad) for second in (0, 1) for person in (1, 2)]
    stated = replace(series, states={"hello": np.full(len(series.times), 0.2)})
    return (
        sparkline(series, words=words),
        states_chart(stated, words=words),
        comparison_chart([ComparedLesson("Ada", series, 60.0)], words=words),
        score_bars(scores, words=words),
        score_lines([-1.0, 0.0], [scores, scores], seconds=60, words=words),
        room_chart(rows, words=words),
        people_chart(rows, words=words),
    )


def test_every_text_of_a_chart_comes_from_the_translation_catalogues(series: TimeSeries) -> None:
    for chart in charts(series, DOTTED):
        assert untranslated(chart) <= DATA, chart[:200]


def test_check_for_untranslated_text_finds_the_text_of_english_charts(series: TimeSeries) -> None:
    english = charts(series, translator("en"))
    assert all(untranslated(chart) - DATA for chart in english)


@pytest.mark.parametrize("language", LANGUAGES)
def test_report_is_in_the_requested_language(
    owned: OwnerStore, session_id: str, language: str
) -> None:
    words = translator(language)
    report = session_report(owned, session_id, words=words)
    assert f'<html lang="{language}">' in report
    assert words.gettext("Consent and law") in report
    separator = re.escape(words.signed(0.5)[2])
    assert re.search(rf"<td>[+-]0{separator}\d\d</td>", report)
