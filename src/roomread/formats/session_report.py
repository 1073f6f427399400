"""Render the report of a session as one self-contained HTML page that can be printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from roomread import pages
from roomread.formats import answer
from roomread.formats import session_charts as charts
from roomread.formats.core_words import (
    alert_text,
    excluded_text,
    expression_name,
    part_name,
    probability,
    rule_text,
)
from roomread.formats.excluded import excluded_shares
from roomread.formats.figures import SessionFigures, session_figures
from roomread.formats.seat_chart import explanation, seat_chart
from roomread.joining.hardest import hardest_minutes
from roomread.joining.reports import ReportSample
from roomread.locales import ENGLISH, Translator
from roomread.readings import Expression
from roomread.room import MIN_PEOPLE, Alert, clock
from roomread.room.expected import expected_people
from roomread.room.session import Passage, Person, Session, State
from roomread.store.owner_store import OwnerStore
from roomread.store.packing import StoredReadings
from roomread.store.summary import seat_map, time_series


@dataclass(frozen=True, slots=True, eq=False)
class _ReportedLesson:
    """The stored data of the lesson that a report describes.

    Attributes:
        session: The session.
        figures: The session's moods, rounded for display, with its marks and its summary.
        alerts: The alerts, in the order in which they were raised.
        people: The enrolled people, by seat.
        readings: The readings of individual people; empty if they were not stored.
        reports: The button reports of the students of a room.
        passages: The passages of the transcript; empty if the user uploaded none.
        excluded: For each mood, the number of people present, and the number of people who could
            not be read, by reason; None in place of the latter if the reasons were not stored.
    """

    session: Session
    figures: SessionFigures
    alerts: list[Alert]
    people: list[Person]
    readings: StoredReadings
    reports: list[ReportSample]
    passages: list[Passage]
    excluded: Sequence[tuple[int, Mapping[str, int] | None]]

    @classmethod
    def of(cls, store: OwnerStore, session_id: str) -> _ReportedLesson:
        """Read a lesson from the store of its owner."""
        session = store.session(session_id)
        return cls(
            session,
            session_figures(store, session),
            store.alerts(session_id),
            store.people(session_id),
            store.readings(session_id),
            store.reports(session_id),
            store.passages(session_id),
            store.excluded(session_id),
        )


def session_report(
    store: OwnerStore,
    session_id: str,
    *,
    class_size: int | None = None,
    words: Translator = ENGLISH,
) -> str:
    """Return the report of a session as HTML without pictures of people.

    Args:
        store: The store of the session's owner.
        session_id: The id of the session.
        class_size: The number of people expected; None for the largest number seen in the lesson.
        words: The translator for the reader's language.

    Raises:
        SessionError: The session does not exist.
    """
    lesson = _ReportedLesson.of(store, session_id)
    expected = expected_people(lesson.figures.moods, class_size)
    return pages.render(
        "roomread.formats",
        "session.html.j2",
        expected=expected,
        **_language(words),
        **_facts(lesson),
        **_sentences(lesson, words),
        **_charts(lesson, expected, words),
    )


def _language(words: Translator) -> dict[str, Any]:
    """Return the template variables that translate texts and format values."""
    return {
        "language": words.language,
        "t": words.gettext,
        "tn": words.ngettext,
        "words": words,
        "clock": clock,
        "expression_name": partial(expression_name, words=words),
        "part_name": partial(part_name, words=words),
        "alert_text": partial(alert_text, words=words),
        "rule_text": partial(rule_text, words=words),
        "probability": partial(probability, words=words),
    }


def _facts(lesson: _ReportedLesson) -> dict[str, Any]:
    """Return the template variables with the data of the lesson."""
    session, summary = lesson.session, lesson.figures.summary
    return {
        "title": session.name,
        "session": session,
        "is_ended": session.state() is State.ENDED,
        "is_recording": session.state() is State.RECORDING,
        "whole": summary.whole,
        "parts": summary.parts,
        "changes": summary.changes,
        "hardest": hardest_minutes(lesson.figures.moods, lesson.reports) if lesson.reports else [],
        "alerts": lesson.alerts,
        "people": lesson.people,
        "expressions": list(Expression),
        "least": MIN_PEOPLE,
    }


def _sentences(lesson: _ReportedLesson, words: Translator) -> dict[str, Any]:
    """Return the template variables with translated sentences about the lesson."""
    figures = lesson.figures
    return {
        "answer": answer.answer(figures, words),
        "stretches": [
            answer.describe(each, figures.activity_of(each), words)
            for each in answer.named_stretches(figures)
        ],
        "not_why": answer.not_why(words),
        "spoken": answer.said_at_deepest(figures, lesson.passages, words),
        "excluded": excluded_text(excluded_shares(lesson.excluded), words),
        "seats_explained": explanation(words),
    }


def _charts(lesson: _ReportedLesson, expected: int | None, words: Translator) -> dict[str, str]:
    """Return the template variables with the charts as SVG; a chart without data is ""."""
    figures, reports = lesson.figures, lesson.reports
    series = time_series(figures.moods)
    span = charts.lesson_span(series)
    notes = charts.Notes(
        figures.marks, figures.summary.changes, lesson.alerts, answer.named_stretches(figures)
    )
    seats = seat_map(lesson.readings, {person.seat: person.name for person in lesson.people})
    return {
        "valence": charts.valence_chart(series, notes, span=span, words=words),
        "shares": charts.expression_chart(series, span=span, words=words),
        "coverage": charts.coverage_chart(series, expected=expected, span=span, words=words),
        "states": charts.states_chart(series, span=span, words=words) if series.states else "",
        "away": charts.away_chart(series, span=span, words=words)
        if series.knows_looking_away
        else "",
        "said": charts.reports_chart(reports, span=span, words=words) if reports else "",
        "seats": seat_chart(seats, span=span, words=words) if seats is not None else "",
    }
