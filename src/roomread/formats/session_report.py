"""Render the report of a session as one HTML page without further files, fit for printing."""

from __future__ import annotations

from roomread import pages
from roomread.formats import answer
from roomread.formats import session_charts as charts
from roomread.formats.figures import session_figures
from roomread.formats.seat_chart import EXPLANATION, seat_chart
from roomread.joining.hardest import hardest_minutes
from roomread.readings import Expression
from roomread.room import MIN_PEOPLE, clock
from roomread.room.expected import expected_people
from roomread.store.owner_store import OwnerStore
from roomread.store.summary import seat_map, time_series


def session_report(store: OwnerStore, session_id: str, *, class_size: int | None = None) -> str:
    """Return the report as HTML. It contains no pictures of people.

    Args:
        store: the store that holds the session.
        session_id: the session's id.
        class_size: how many people are expected; None for the most that the lesson has shown.

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
        session=session,
        state=str(session.state()),
        started=session.started_at.astimezone(),
        whole=summary.whole,
        parts=summary.parts,
        changes=summary.changes,
        hardest=hardest_minutes(figures.moods, reports) if reports else [],
        answer=answer.answer(figures),
        stretches=[answer.describe(each, figures.activity_of(each)) for each in stretches],
        not_why=answer.not_why(),
        words=answer.said_at_deepest(figures, store.passages(session.id)),
        alerts=alerts,
        people=people,
        expressions=list(Expression),
        least=MIN_PEOPLE,
        clock=clock,
        valence=charts.valence_chart(
            series, charts.Notes(marks, summary.changes, alerts, stretches), span=span
        ),
        shares=charts.expression_chart(series, span=span),
        coverage=charts.coverage_chart(series, expected=expected, span=span),
        expected=expected,
        states=charts.states_chart(series, span=span) if series.states else "",
        away=charts.away_chart(series, span=span) if series.knows_looking_away else "",
        said=charts.reports_chart(reports, span=span) if reports else "",
        seats=seat_chart(seats, span=span) if seats is not None else "",
        seats_explained=EXPLANATION,
    )
