"""Tests that a `Store` separates its owners, with SQLite and with PostgreSQL."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from classes import lesson
from postgres import PostgresServer
from room_recorder import RoomRecorder
from roomread.errors import SessionNotFoundError
from roomread.room.session import Passage
from roomread.store import (
    Mark,
    OwnerJobs,
    OwnerListing,
    OwnerProfiles,
    OwnerRooms,
    OwnerStore,
    Session,
    Store,
)
from roomread.store.pieces import Piece

# For each method that takes a session id, its other arguments.
ARGUMENTS: dict[str, dict[str, Any]] = {
    "session": {},
    "end": {},
    "reopen": {},
    "next_piece": {},
    "append": {"pieces": [Piece(1)]},
    "moods": {},
    "mood_columns": {},
    "excluded": {},
    "last_mood": {},
    "last_time": {},
    "readings": {},
    "alerts": {},
    "reports": {},
    "passages": {},
    "keep_passages": {"passages": [Passage(1.0, 2.0, "Now the proof.")]},
    "marks": {},
    "count_marks": {},
    "mark": {"marks": [Mark(1.0, "group work")]},
    "unmark": {"mark": Mark(1.0, "group work")},
    "people": {},
    "enrol": {"seat": 1, "name": "Eve", "consent": "none"},
    "forget_seat": {"seat": 1},
    "delete": {},
}


@pytest.fixture(params=["sqlite", "postgresql"])
def everything(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Yield a new store, on SQLite and on PostgreSQL in turn."""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.new_database()
    store = Store(url)
    yield store
    store.close()


@pytest.fixture
def anna(everything: Store) -> OwnerStore:
    return everything.owned_by("user:anna")


@pytest.fixture
def hers(anna: OwnerStore) -> Session:
    """Record and end a session that Anna owns, with readings, a mark and a named seat."""
    session = anna.create("Algebra 7b", keeps_people=True, consent="all, in writing")
    recorder = RoomRecorder(anna, session)
    for time, readings in lesson(30, people=6):
        recorder.add_readings(time, readings)
    recorder.close()
    anna.mark(session.id, [Mark(5.0, "group work")])
    anna.enrol(session.id, 1, "Ada", consent="a letter")
    return anna.session(session.id)


def content(store: OwnerStore, session: Session) -> tuple[object, ...]:
    """Return the content of a session, to compare it before and after a call."""
    return (
        store.session(session.id),
        [(mood.time, mood.present) for mood in store.moods(session.id)],
        store.marks(session.id),
        store.people(session.id),
        len(store.readings(session.id)),
    )


def methods_taking(parameter: str, handle: type = OwnerStore) -> set[str]:
    return {
        name
        for name, method in inspect.getmembers(handle, inspect.isfunction)
        if not name.startswith("_") and parameter in inspect.signature(method).parameters
    }


def test_every_store_method_with_a_session_id_has_test_arguments() -> None:
    assert methods_taking("session_id") - {"find"} == set(ARGUMENTS)


@pytest.mark.parametrize("handle", [OwnerStore, OwnerJobs, OwnerListing, OwnerProfiles, OwnerRooms])
def test_methods_of_stores_bound_to_an_owner_take_neither_owner_nor_id_prefix(handle: type) -> None:
    assert methods_taking("owner", handle) == methods_taking("prefix", handle) == set()


@pytest.mark.parametrize("method", ARGUMENTS)
def test_session_of_another_owner_is_not_found_and_not_changed(
    everything: Store, anna: OwnerStore, hers: Session, method: str
) -> None:
    before = content(anna, hers)
    call: Callable[..., object] = getattr(everything.owned_by("user:eve"), method)
    with pytest.raises(SessionNotFoundError, match=f"there is no session '{hers.id}'"):
        call(hers.id, **ARGUMENTS[method])
    assert content(anna, hers) == before


def test_session_of_another_owner_cannot_be_listed_or_recorded_into(
    everything: Store, anna: OwnerStore, hers: Session
) -> None:
    eve = everything.owned_by("user:eve")
    assert eve.find(hers.id) is None
    assert eve.sessions() == eve.listing.with_ids([hers.id]) == []
    assert eve.listing.headings() == []
    assert (eve.listing.count(), anna.listing.count()) == (0, 1)
    with pytest.raises(SessionNotFoundError):
        RoomRecorder(eve, hers)
    assert [session.id for session in anna.sessions()] == [hers.id]


def test_session_of_another_owner_gives_the_same_error_as_a_missing_session(
    everything: Store, hers: Session
) -> None:
    eve, messages = everything.owned_by("user:eve"), []
    for session_id in (hers.id, "00000000"):
        with pytest.raises(SessionNotFoundError) as error:
            eve.session(session_id)
        messages.append(str(error.value).replace(session_id, "ID"))
    assert messages[0] == messages[1]


def test_reopening_a_store_deletes_no_expired_session(
    anna: OwnerStore, hers: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROOMREAD_RETENTION_DAYS", "0.0000001")
    before = content(anna, hers)
    url = anna._database.engine.url.render_as_string(hide_password=False)
    again = Store(url.replace("postgresql+pg8000", "postgresql"))
    assert content(again.owned_by("user:anna"), hers) == before
    again.close()
