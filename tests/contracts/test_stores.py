"""What every store keeps to, whichever database it uses."""

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
from roomread.store import Mark, OwnerStore, Session, Store

# The arguments of each method that takes a session, after its id.
ARGUMENTS: dict[str, dict[str, Any]] = {
    "session": {},
    "end": {},
    "reopen": {},
    "moods": {},
    "last_mood": {},
    "last_time": {},
    "readings": {},
    "alerts": {},
    "marks": {},
    "mark": {"marks": [Mark(1.0, "group work")]},
    "unmark": {"mark": Mark(1.0, "group work")},
    "people": {},
    "enrol": {"seat": 1, "name": "Eve", "consent": "none"},
    "forget_seat": {"seat": 1},
    "delete": {},
}


@pytest.fixture(params=["sqlite", "postgresql"])
def everything(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A new store of each kind."""
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
    """An ended session of Anna's with readings, a mark and a name."""
    session = anna.create("Algebra 7b", keeps_people=True, consent="all, in writing")
    recorder = RoomRecorder(anna, session)
    for time, readings in lesson(30, people=6):
        recorder.add_readings(time, readings)
    recorder.close()
    anna.mark(session.id, [Mark(5.0, "group work")])
    anna.enrol(session.id, 1, "Ada", consent="a letter")
    return anna.session(session.id)


def content(store: OwnerStore, session: Session) -> tuple[object, ...]:
    """Everything that a session holds."""
    return (
        store.session(session.id),
        [(mood.time, mood.present) for mood in store.moods(session.id)],
        store.marks(session.id),
        store.people(session.id),
        len(store.readings(session.id)),
    )


def methods_taking(parameter: str) -> set[str]:
    methods = inspect.getmembers(OwnerStore, inspect.isfunction)
    return {
        name
        for name, method in methods
        if not name.startswith("_") and parameter in inspect.signature(method).parameters
    }


def test_every_method_that_takes_a_session_is_tried_on_another_owners() -> None:
    assert methods_taking("session_id") - {"find"} == set(ARGUMENTS)


def test_no_method_takes_an_owner_or_a_prefix() -> None:
    assert methods_taking("owner") == methods_taking("prefix") == set()


@pytest.mark.parametrize("method", ARGUMENTS)
def test_session_of_another_owner_is_not_found_and_not_changed(
    everything: Store, anna: OwnerStore, hers: Session, method: str
) -> None:
    before = content(anna, hers)
    call: Callable[..., object] = getattr(everything.owned_by("user:eve"), method)
    with pytest.raises(SessionNotFoundError, match=f"there is no session '{hers.id}'"):
        call(hers.id, **ARGUMENTS[method])
    assert content(anna, hers) == before


def test_session_of_another_owner_is_neither_listed_nor_recorded_into(
    everything: Store, anna: OwnerStore, hers: Session
) -> None:
    eve = everything.owned_by("user:eve")
    assert eve.find(hers.id) is None
    assert eve.sessions() == []
    with pytest.raises(SessionNotFoundError):
        RoomRecorder(eve, hers)
    assert [session.id for session in anna.sessions()] == [hers.id]


def test_another_owners_id_reads_like_one_that_does_not_exist(
    everything: Store, hers: Session
) -> None:
    eve, messages = everything.owned_by("user:eve"), []
    for session_id in (hers.id, "00000000"):
        with pytest.raises(SessionNotFoundError) as error:
            eve.session(session_id)
        messages.append(str(error.value).replace(session_id, "ID"))
    assert messages[0] == messages[1]


def test_opening_a_store_again_deletes_nothing(
    anna: OwnerStore, hers: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROOMREAD_RETENTION_DAYS", "0.0000001")
    before = content(anna, hers)
    url = anna.engine.url.render_as_string(hide_password=False)
    again = Store(url.replace("postgresql+pg8000", "postgresql"))
    assert content(again.owned_by("user:anna"), hers) == before
    again.close()
