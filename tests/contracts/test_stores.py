"""The contract of `Store`, tested with SQLite and with PostgreSQL."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from classes import lesson
from postgres import PostgresServer
from room_recorder import RoomRecorder
from roomread.errors import SessionHeldError, SessionNotFoundError
from roomread.joining.reports import ReportCounts, ReportSample
from roomread.room.session import Passage
from roomread.store import (
    Account,
    JobRecord,
    JobState,
    Leases,
    Mark,
    OwnerJobs,
    OwnerProfiles,
    OwnerStore,
    RoomRecord,
    Session,
    Store,
)
from roomread.store.pieces import Piece

# The arguments of each method that takes a session, after its id.
ARGUMENTS: dict[str, dict[str, Any]] = {
    "session": {},
    "end": {},
    "reopen": {},
    "next_piece": {},
    "append": {"pieces": [Piece(1)]},
    "moods": {},
    "last_mood": {},
    "last_time": {},
    "readings": {},
    "alerts": {},
    "reports": {},
    "passages": {},
    "keep_passages": {"passages": [Passage(1.0, 2.0, "Now the proof.")]},
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
    """Record a session of Anna's with readings, a mark and a named seat, and end it."""
    session = anna.create("Algebra 7b", keeps_people=True, consent="all, in writing")
    recorder = RoomRecorder(anna, session)
    for time, readings in lesson(30, people=6):
        recorder.add_readings(time, readings)
    recorder.close()
    anna.mark(session.id, [Mark(5.0, "group work")])
    anna.enrol(session.id, 1, "Ada", consent="a letter")
    return anna.session(session.id)


def content(store: OwnerStore, session: Session) -> tuple[object, ...]:
    """Return the content of a session, for comparison."""
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


def test_every_method_that_takes_a_session_has_arguments_for_the_owner_test() -> None:
    assert methods_taking("session_id") - {"find"} == set(ARGUMENTS)


@pytest.mark.parametrize("handle", [OwnerStore, OwnerJobs, OwnerProfiles])
def test_no_method_of_an_owners_handle_takes_an_owner_or_a_prefix(handle: type) -> None:
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


def test_session_of_another_owner_is_neither_listed_nor_recorded_into(
    everything: Store, anna: OwnerStore, hers: Session
) -> None:
    eve = everything.owned_by("user:eve")
    assert eve.find(hers.id) is None
    assert eve.sessions() == []
    with pytest.raises(SessionNotFoundError):
        RoomRecorder(eve, hers)
    assert [session.id for session in anna.sessions()] == [hers.id]


def test_session_of_another_owner_gives_the_same_error_as_a_missing_one(
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
    url = anna._database.engine.url.render_as_string(hide_password=False)
    again = Store(url.replace("postgresql+pg8000", "postgresql"))
    assert content(again.owned_by("user:anna"), hers) == before
    again.close()


def test_job_of_another_owner_is_neither_listed_nor_cancelled_nor_deleted(
    everything: Store, anna: OwnerStore
) -> None:
    record = JobRecord("job-1", "user:anna", "lesson.mp4", None, annotated=True, created=0.0)
    everything.jobs.add(record)
    eve = everything.owned_by("user:eve").jobs
    assert (eve.all(), eve.get("job-1"), eve.cancel("job-1", now=1.0)) == ([], None, None)
    assert not eve.delete("job-1")
    assert anna.jobs.get("job-1") == record
    assert anna.jobs.all() == [record]


def test_cancelling_ends_a_waiting_job_at_once_and_requests_the_end_of_a_running_one(
    everything: Store, anna: OwnerStore
) -> None:
    for job_id in ("waiting", "read"):
        everything.jobs.add(JobRecord(job_id, "user:anna", "a.mp4", None, True, 0.0))  # noqa: FBT003
    everything.jobs.change("read", state=JobState.READING)
    waiting, read = (anna.jobs.cancel(job_id, now=5.0) for job_id in ("waiting", "read"))
    assert waiting is not None
    assert (waiting.state, waiting.ended) == (JobState.CANCELLED, 5.0)
    assert read is not None
    assert (read.state, read.cancelled) == (JobState.READING, True)
    assert [record.id for record in everything.jobs.unfinished()] == ["read"]


def test_report_of_a_process_that_lost_its_job_changes_nothing(everything: Store) -> None:
    everything.jobs.add(JobRecord("job-1", "user:anna", "a.mp4", None, True, 0.0))  # noqa: FBT003
    everything.leases().acquire("job:job-1")
    mine = everything.leases().holder
    reported = everything.jobs.report("job-1", holder=mine, seconds=2.0, duration=9.0)
    assert reported is not None
    assert (reported.seconds, reported.duration) == (2.0, 9.0)
    assert everything.jobs.report("job-1", holder="stalled", seconds=7.0, duration=9.0) is None
    assert everything.jobs.get("job-1") == reported
    assert everything.jobs.report("gone", holder=mine, seconds=1.0, duration=None) is None


def test_profile_of_another_owner_is_not_found(everything: Store, anna: OwnerStore) -> None:
    assert anna.profiles.keep("asha", "hers")
    eve = everything.owned_by("user:eve").profiles
    assert (eve.names(), eve.content("asha"), eve.delete("asha")) == ([], None, False)
    assert eve.keep("asha", "eve's own")
    assert not anna.profiles.keep("asha", "another")
    assert anna.profiles.content("asha") == "hers"
    assert anna.profiles.keep("asha", "replaced", replace=True)
    assert (anna.profiles.content("asha"), eve.content("asha")) == ("replaced", "eve's own")
    assert anna.profiles.delete("asha")
    assert anna.profiles.names() == []


def test_account_change_by_one_process_is_seen_by_all(everything: Store) -> None:
    other = everything.accounts
    anna = Account("1", "anna", "hash", ("read", "analyze"), 1.0)
    assert everything.accounts.add_user(anna)
    assert not other.add_user(Account("2", "anna", "another", (), 2.0))
    assert other.users() == (anna,)
    assert other.replace_hash(anna, "changed")
    assert not everything.accounts.replace_hash(anna, "changed again")
    assert everything.accounts.user("1") == Account("1", "anna", "changed", anna.scopes, 1.0)
    assert other.remove_user("anna")
    assert everything.accounts.user_named("anna") is None
    assert everything.accounts.secret() == other.secret()


def test_session_that_another_process_holds_is_not_written(
    everything: Store, anna: OwnerStore
) -> None:
    session = anna.create("Algebra 7b", keeps_people=True, consent="all, in writing")
    recorder = RoomRecorder(anna, session)
    for time, readings in lesson(10, people=6):
        recorder.add_readings(time, readings)
    other = Leases(everything._database, "another process")
    assert other.acquire(f"session:{session.id}") is None
    with pytest.raises(SessionHeldError):
        recorder.close()
    written = len(anna.readings(session.id))
    other.release_all()
    recorder.close()
    assert len(anna.readings(session.id)) == 20 * 6 > written


def test_room_of_another_owner_is_not_found_and_its_code_not_replaced(
    everything: Store, anna: OwnerStore
) -> None:
    session = anna.create("Algebra 7b")
    eve = everything.owned_by("user:eve").rooms
    assert not eve.add(session.id, "EEEEEEEE", faces=False)
    assert anna.rooms.add(session.id, "K7QXM3PD", faces=True)
    room = RoomRecord(session.id, "user:anna", "K7QXM3PD", faces=True, next_seat=1)
    assert (eve.get(session.id), eve.all()) == (None, [])
    assert not eve.replace_code(session.id, "EEEEEEEE")
    assert anna.rooms.get(session.id) == everything.rooms.with_code("K7QXM3PD") == room
    assert anna.rooms.all() == [room]


def test_code_opens_one_open_room_and_no_closed_room(everything: Store, anna: OwnerStore) -> None:
    first, second = anna.create("Algebra 7b"), anna.create("Algebra 7c")
    assert anna.rooms.add(first.id, "K7QXM3PD", faces=False)
    assert not anna.rooms.add(second.id, "K7QXM3PD", faces=False)
    assert anna.rooms.add(second.id, "H4JMN2PQ", faces=False)
    assert not anna.rooms.replace_code(second.id, "K7QXM3PD")
    assert anna.rooms.replace_code(first.id, None)
    assert everything.rooms.with_code("K7QXM3PD") is None
    assert anna.rooms.replace_code(second.id, "K7QXM3PD")


def test_pause_of_a_room_is_kept_until_it_ends(everything: Store, anna: OwnerStore) -> None:
    session = anna.create("Algebra 7b")
    anna.rooms.add(session.id, "K7QXM3PD", faces=False)
    for on in (True, False):
        everything.rooms.set_paused(session.id, on=on)
        kept = everything.rooms.get(session.id)
        assert kept is not None
        assert kept.paused is on


def test_reserved_seat_numbers_never_decrease(everything: Store, anna: OwnerStore) -> None:
    session = anna.create("Algebra 7b")
    anna.rooms.add(session.id, "K7QXM3PD", faces=False)
    for number in (51, 20):
        everything.rooms.reserve_seats(session.id, number)
    found = everything.rooms.get(session.id)
    assert found is not None
    assert found.next_seat == 51


def test_reports_are_stored_once_and_read_back_equal(everything: Store, anna: OwnerStore) -> None:
    session = anna.create("Algebra 7b")
    few = ReportSample(5.0, 4)
    many = ReportSample(10.0, 28, 19, ReportCounts(9, 8, 1, 1), 3)
    for _ in range(2):
        everything.rooms.add_reports(session.id, [few, many])
    assert anna.reports(session.id) == [few, many]
    anna.delete(session.id)
    everything.rooms.add_reports(session.id, [])
