from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from classes import frame, lesson
from postgres import PostgresServer
from room_recorder import RoomRecorder
from roomread.errors import SessionError
from roomread.readings import Expression, Reading
from roomread.store import LOCAL_OWNER, OwnerStore, Session, State, Store

SAD, NEUTRAL = Expression.SAD, Expression.NEUTRAL
LESSON = list(lesson(60, people=8))


class Clock:
    """A clock whose time in seconds is set by the test."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def play(
    recorder: RoomRecorder, clock: Clock, rows: list[tuple[float, list[Reading]]]
) -> Iterator[float]:
    """Record frames while the clock advances, and yield the time of each."""
    for time, readings in rows:
        clock.now += 0.5
        recorder.add_readings(time, readings)
        yield time


def new(store: OwnerStore, clock: Clock, *, patience: float = 1.0) -> tuple[Session, RoomRecorder]:
    session = store.create("Algebra 7b", keeps_people=True, consent="all")
    return session, RoomRecorder(store, session, clock=clock, patience=patience)


def kept(store: OwnerStore, session: Session) -> list[tuple[float, int | None]]:
    return [(reading.time, reading.seat) for reading in store.readings(session.id)]


def expected(rows: list[tuple[float, list[Reading]]]) -> list[tuple[float, int | None]]:
    return [(time, reading.track_id) for time, readings in rows for reading in readings]


def test_recorded_moments_are_written_to_the_database_within_two_seconds(store: OwnerStore) -> None:
    clock = Clock()
    session, recorder = new(store, clock)
    for time in play(recorder, clock, LESSON):
        written = store.last_time(session.id)
        assert time - (written if written is not None else -0.5) < 2
    recorder.close()
    assert kept(store, session) == expected(LESSON)


KILLED = """
import os, sys
from classes import lesson
from room_recorder import RoomRecorder
from roomread.store import LOCAL_OWNER, OwnerStore, Store
now = 0.0
everything = Store(sys.argv[1])
store = everything.owned_by(LOCAL_OWNER)
session = store.create("Algebra 7b", keeps_people=True, consent="all")
recorder = RoomRecorder(store, session, clock=lambda: now)
print(session.id, flush=True)
for time, readings in lesson(60, people=8):
    now = time
    recorder.add_readings(time, readings)
    print(time, flush=True)
    if time == 31.5:
        os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no kill -9")
def test_killed_recording_loses_less_than_two_seconds_and_can_be_resumed(url: str) -> None:
    result = subprocess.run(
        [sys.executable, "-c", KILLED, url],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(["src", "tests"])},
        cwd=Path(__file__).parents[2],
    )
    assert result.returncode == -9, result.stderr
    number, *times = result.stdout.split()
    everything = Store(url)
    store = everything.owned_by(LOCAL_OWNER)
    last = store.last_time(number)
    assert last is not None
    assert float(times[-1]) - last < 2
    session = store.session(number)
    assert session.state() is State.RECORDING
    recorder = RoomRecorder(store, session)
    assert recorder.resumed_at == last
    for time, readings in LESSON:
        if time > last:
            recorder.add_readings(time, readings)
    recorder.close()
    assert kept(store, session) == expected(LESSON)
    assert store.session(number).state() is State.ENDED
    everything.close()


def test_resumed_session_continues_its_seats_and_alert_numbers(store: OwnerStore) -> None:
    rules = "person sad above 50% for 5 s"
    session = store.create("Algebra 7b", rules=rules, keeps_people=True, consent="all")
    for begin in (0, 100):
        recorder = RoomRecorder(store, session)
        for time in range(begin, begin + 60):
            # The tracker of each run assigns other track ids.
            people = dict.fromkeys((1, 2, 9), SAD if time > begin + 40 else NEUTRAL)
            order = dict(reversed(people.items())) if begin else people
            readings = frame(float(time), order)
            recorder.add_readings(float(time), readings)
        recorder.close()
    assert {seat for _, seat in kept(store, session)} == {1, 2, 3}
    assert [alert.number for alert in store.alerts(session.id)] == [1, 2, 3, 4, 5, 6]
    assert [alert.seat for alert in store.alerts(session.id)] == [1, 2, 3, 1, 2, 3]


def test_recording_survives_a_full_disk_without_lost_or_repeated_readings(
    sqlite_url: str,
) -> None:
    everything, clock = Store(sqlite_url), Clock()
    store = everything.owned_by(LOCAL_OWNER)
    session, recorder = new(store, clock)
    # Make SQLite itself fail: its file may not grow.
    limit = {"pages": 0}
    sa.event.listen(
        store._database.engine,
        "begin",
        lambda connection: connection.exec_driver_sql(
            f"PRAGMA max_page_count = {limit['pages'] or 1_000_000_000}"
        ),
    )
    for time in play(recorder, clock, LESSON):
        if time == 10:
            limit["pages"] = 1
        if time == 30:
            assert "database or disk is full" in recorder.trouble
            assert recorder.waiting > 3
            limit["pages"] = 0
    recorder.close()
    assert recorder.trouble == ""
    assert kept(store, session) == expected(LESSON)
    assert [mood.time for mood in store.moods(session.id)] == [n / 1 for n in range(1, 60)]
    everything.close()


def test_recording_survives_a_database_outage_without_lost_or_repeated_readings(
    postgres: PostgresServer,
) -> None:
    everything, clock = Store(postgres.new_database()), Clock()
    store = everything.owned_by(LOCAL_OWNER)
    session, recorder = new(store, clock)
    try:
        for time in play(recorder, clock, LESSON):
            if time == 10:
                postgres.stop()
            if time == 30:
                assert "127.0.0.1" in recorder.trouble
                assert recorder.waiting > 3
                postgres.start()
        recorder.close()
        assert kept(store, session) == expected(LESSON)
    finally:
        postgres.stop()
        postgres.start()
        everything.close()
        with warnings.catch_warnings(action="ignore"):
            # pg8000 does not close the socket of a connection that broke.
            gc.collect()


@pytest.mark.parametrize("patience", [0.0, 0.01])
def test_unresponsive_database_delays_no_frame_and_loses_no_reading(
    store: OwnerStore, patience: float
) -> None:
    clock, answer = Clock(), threading.Event()
    session, recorder = new(store, clock, patience=patience)

    def hang(_connection: sa.Connection) -> None:
        if threading.current_thread() is not threading.main_thread():
            answer.wait(60)

    sa.event.listen(store._database.engine, "begin", hang)
    # The database responds only after the last frame, so that a frame that waited would hang.
    for time in play(recorder, clock, LESSON):
        if time == 40:
            assert recorder.trouble.endswith("does not respond")
            assert 35 < recorder.waiting < 41
    answer.set()
    recorder.close()
    assert recorder.trouble == ""
    assert recorder.waiting == 0
    assert kept(store, session) == expected(LESSON)


def test_readings_of_a_resumed_recording_continue_the_times_of_the_first_run(
    store: OwnerStore,
) -> None:
    session = store.create("Algebra 7b", keeps_people=True, consent="all")
    for offset in (0.0, 60.5):
        recorder = RoomRecorder(store, session)
        for time, readings in LESSON:
            # The times of the second run continue those of the first.
            recorder.add_readings(time + offset, readings)
        recorder.close()
    times = store.readings(session.id).times
    assert (np.diff(times) >= 0).all()
    assert times[-1] == pytest.approx(LESSON[-1][0] + 60.5)


def test_retry_after_an_unconfirmed_commit_writes_nothing_twice(store: OwnerStore) -> None:
    clock = Clock()
    session, recorder = new(store, clock)
    lost = 0

    def lose(connection: sa.Connection) -> None:
        nonlocal lost
        # The transaction is committed, but its confirmation is lost.
        connection.connection.commit()
        lost += 1
        if lost % 3 == 1:
            raise sa.exc.OperationalError("COMMIT", None, ConnectionError("connection reset"))

    sa.event.listen(store._database.engine, "commit", lose)
    troubles = set()
    for _ in play(recorder, clock, LESSON):
        troubles.add(recorder.trouble)
    sa.event.remove(store._database.engine, "commit", lose)
    recorder.close()
    assert any("connection reset" in trouble for trouble in troubles)
    assert kept(store, session) == expected(LESSON)
    assert len(store.moods(session.id)) == 59


def test_deleting_a_session_ends_its_recording(store: OwnerStore) -> None:
    clock = Clock()
    session, recorder = new(store, clock)
    for _ in play(recorder, clock, LESSON[:20]):
        pass
    store.delete(session.id)
    with pytest.raises(SessionError, match="was deleted"):
        for _ in play(recorder, clock, LESSON[20:]):
            pass


def test_unwritten_moments_are_reported_when_the_recording_closes(sqlite_url: str) -> None:
    everything, clock = Store(sqlite_url), Clock()
    store = everything.owned_by(LOCAL_OWNER)
    session, recorder = new(store, clock)
    for time in play(recorder, clock, LESSON[:60]):
        if time == 10:
            sa.event.listen(
                store._database.engine,
                "begin",
                lambda connection: connection.exec_driver_sql("PRAGMA max_page_count = 1"),
            )
    with pytest.raises(SessionError, match=r"disk is full: the last \d+ s") as error:
        recorder.close()
    assert "everything before that is kept" in str(error.value)
    lost = recorder.waiting
    # Pages with free space still take the readings of a few seconds.
    assert 10 < lost < 20
    everything.close()
    later = Store(sqlite_url)
    again = later.owned_by(LOCAL_OWNER)
    assert again.last_time(session.id) == pytest.approx(LESSON[59][0] - lost, abs=0.6)
    later.close()


def test_recorder_without_automatic_writing_writes_when_it_is_flushed(
    store: OwnerStore,
) -> None:
    clock = Clock()
    session = store.create("Algebra 7b", keeps_people=True, consent="all")
    recorder = RoomRecorder(store, session, clock=clock, writes_by_itself=False)
    for _ in play(recorder, clock, LESSON):
        assert kept(store, session) == []
    assert recorder.flush()
    assert kept(store, session) == expected(LESSON)
