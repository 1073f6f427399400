"""Render the report of a session as one HTML page without further files, fit for printing."""

from __future__ import annotations

from functools import partial

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
from roomread.formats.figures import session_figures
from roomread.formats.seat_chart import explanation, seat_chart
from roomread.joining.hardest import hardest_minutes
from roomread.locales import ENGLISH, Translator
from roomread.readings import Expression
from roomread.room import MIN_PEOPLE, clock
from roomread.room.expected import expected_people
from roomread.room.session import State
from roomread.store.owner_store import OwnerStore
from roomread.store.summary import seat_map, time_series


def session_report(
    store: OwnerStore,
    session_id: str,
    *,
    class_size: int | None = None,
    words: Translator = ENGLISH,
) -> str:
    """Return the report as HTML. It contains no pictures of people.

    Args:
        store: the store that holds the session.
        session_id: the session's id.
        class_size: the number of people expected; None for the largest number seen in the lesson.
        words: the texts in the language of the reader.

    Raises:
        SessionError: the session does not exist.
    """
    session = store.session(session_id)
    figures = session_figures(store, session)
    summary, marks = figures.summary, figures.marks
    alerts = store.alerts(session.id)
    people = store.people(session.id)
    series = time_series(figures.moods)
    span, expected = charts.lesson_span(series), expected_people(figures.moods, class_size)
    seats = seat_map(store.readings(session.id), {person.seat: person.name for person in people})
    reports = store.reports(session.id)
    stretches = answer.named_stretches(figures)
    return pages.render(
        "roomread.formats",
        "session.html.j2",
        title=session.name,
        language=words.language,
        t=words.gettext,
        tn=words.ngettext,
        words=words,
        session=session,
        is_ended=session.state() is State.ENDED,
        is_recording=session.state() is State.RECORDING,
        whole=summary.whole,
        parts=summary.parts,
        changes=summary.changes,
        hardest=hardest_minutes(figures.moods, reports) if reports else [],
        answer=answer.answer(figures, words),
        stretches=[answer.describe(each, figures.activity_of(each), words) for each in stretches],
        not_why=answer.not_why(words),
        spoken=answer.said_at_deepest(figures, store.passages(session.id), words),
        alerts=alerts,
        people=people,
        expressions=list(Expression),
        expression_name=partial(expression_name, words=words),
        part_name=partial(part_name, words=words),
        alert_text=partial(alert_text, words=words),
        rule_text=partial(rule_text, words=words),
        probability=partial(probability, words=words),
        least=MIN_PEOPLE,
        clock=clock,
        valence=charts.valence_chart(
            series,
            charts.Notes(marks, summary.changes, alerts, stretches),
            span=span,
            words=words,
        ),
        shares=charts.expression_chart(series, span=span, words=words),
        coverage=charts.coverage_chart(series, expected=expected, span=span, words=words),
        excluded=excluded_text(excluded_shares(store.excluded(session.id)), words),
        expected=expected,
        states=charts.states_chart(series, span=span, words=words) if series.states else "",
        away=charts.away_chart(series, span=span, words=words) if series.knows_looking_away else "",
        said=charts.reports_chart(reports, span=span, words=words) if reports else "",
        seats=seat_chart(seats, span=span, words=words) if seats is not None else "",
        seats_explained=explanation(words),
    )
