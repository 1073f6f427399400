from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="needs the sessions extra")

from roomread.errors import SessionNotFoundError
from roomread.services.marking import SessionNotRunningError, mark_now
from roomread.services.recording import session_pipeline
from roomread.store import Mark, Recorder, Store


@pytest.fixture
def everything(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'sessions.db'}")
    yield opened
    opened.close()


def test_mark_is_set_at_the_time_up_to_which_the_session_was_recorded(everything: Store) -> None:
    store = everything.owned_by("user:anna")
    session = store.create("Algebra 7b")
    recorder = Recorder(store, session, clock=lambda: 0.0)
    pipeline = session_pipeline(recorder)
    for time in (0.0, 1.0, 2.0, 3.0):
        recorder.add(pipeline.push_readings(time, []))
    assert recorder.flush()
    assert mark_now(store, session.id, "group work") == Mark(3.0, "group work")
    assert store.marks(session.id) == [Mark(3.0, "group work")]


def test_marking_the_present_time_of_an_ended_session_is_refused(everything: Store) -> None:
    store = everything.owned_by("user:anna")
    session = store.create("Algebra 7b")
    store.end(session.id)
    with pytest.raises(SessionNotRunningError, match=session.id):
        mark_now(store, session.id, "group work")


def test_session_of_another_owner_is_not_marked(everything: Store) -> None:
    session = everything.owned_by("user:anna").create("Algebra 7b")
    with pytest.raises(SessionNotFoundError):
        mark_now(everything.owned_by("user:ben"), session.id, "group work")
