from __future__ import annotations

from roomread.formats.figures import session_figures
from roomread.services.demo_class import BAD_STRETCH, open_demo_class
from roomread.store import LOCAL_OWNER, Store


def test_figures_of_the_demo_class_contain_its_period_of_low_valence(store: Store) -> None:
    sessions = store.owned_by(LOCAL_OWNER)
    session = open_demo_class(sessions)
    figures = session_figures(sessions, session)
    (stretch,) = figures.stretches
    start, end = BAD_STRETCH
    assert abs(stretch.start - start) <= 45
    assert abs(stretch.end - end) <= 45
    assert figures.activity_of(stretch) == "group work"
    assert stretch.share_below > 0.8


def test_demo_class_is_recorded_only_once_and_stores_no_readings_of_people(store: Store) -> None:
    sessions = store.owned_by(LOCAL_OWNER)
    first, second = open_demo_class(sessions), open_demo_class(sessions)
    assert first == second
    assert first.ended_at is not None
    assert len(sessions.readings(first.id)) == 0


def test_interrupted_demo_class_is_recorded_again(store: Store) -> None:
    sessions = store.owned_by(LOCAL_OWNER)
    interrupted = sessions.create("Demo class", source="made up by Roomread")
    session = open_demo_class(sessions)
    assert session.id != interrupted.id
    assert [each.id for each in sessions.sessions()] == [session.id]
