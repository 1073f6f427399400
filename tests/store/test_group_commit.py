from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from roomread.store.database import Database
from roomread.store.group_commit import GroupCommit

COUNT = 8


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = Database(f"sqlite:///{tmp_path / 'roomread.db'}").engine
    with made.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE notes (text TEXT PRIMARY KEY)")
    yield made
    made.dispose()


def add(group_commit: GroupCommit, text: str) -> None:
    with group_commit.writing() as connection:
        connection.execute(sa.text("INSERT INTO notes VALUES (:text)"), {"text": text})


def notes(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return sorted(connection.scalars(sa.text("SELECT text FROM notes")))


def commits(engine: Engine) -> list[None]:
    """Return a list to which each commit of the engine adds one element."""
    seen: list[None] = []
    sa.event.listen(engine, "commit", lambda _connection: seen.append(None))
    return seen


def waits(group_commit: GroupCommit, count: int) -> None:
    """Wait until `count` threads are waiting for their turn."""
    deadline = time.monotonic() + 10
    while group_commit._waiting < count:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def begin_together(
    group_commit: GroupCommit, writes: list[Callable[[], None]]
) -> list[BaseException | None]:
    """Start each write in its own thread, let all take turns at once; return their errors."""
    with ThreadPoolExecutor(len(writes)) as pool:
        with group_commit._turn:
            futures = [pool.submit(write) for write in writes]
            waits(group_commit, len(writes))
        return [future.exception(10) for future in futures]


def test_transactions_of_waiting_threads_are_committed_together(engine: Engine) -> None:
    group_commit, seen = GroupCommit(engine, patience=5), commits(engine)
    texts = [str(number) for number in range(COUNT)]
    errors = begin_together(group_commit, [partial(add, group_commit, text) for text in texts])
    assert errors == [None] * COUNT
    assert notes(engine) == texts
    assert len(seen) == 1


def test_transaction_of_a_single_thread_is_committed_when_its_block_ends(engine: Engine) -> None:
    group_commit = GroupCommit(engine, patience=5)
    add(group_commit, "one")
    assert notes(engine) == ["one"]


def test_error_rolls_back_only_the_changes_of_its_own_thread(engine: Engine) -> None:
    group_commit = GroupCommit(engine, patience=5)
    errors = begin_together(group_commit, [partial(add, group_commit, text) for text in "abac"])
    (error,) = [error for error in errors if error is not None]
    assert isinstance(error, sa.exc.IntegrityError)
    assert notes(engine) == ["a", "b", "c"]


def test_failed_commit_is_reported_to_each_thread_of_the_group(engine: Engine) -> None:
    group_commit = GroupCommit(engine, patience=5)

    def fail(_connection: object) -> None:
        raise sa.exc.OperationalError("COMMIT", {}, Exception("disk I/O error"))

    sa.event.listen(engine, "commit", fail)
    errors = begin_together(group_commit, [partial(add, group_commit, text) for text in "abc"])
    assert all(isinstance(error, sa.exc.OperationalError) for error in errors)
    sa.event.remove(engine, "commit", fail)
    assert notes(engine) == []
    add(group_commit, "later")
    assert notes(engine) == ["later"]


def test_transaction_that_sqlite_rolled_back_is_reported_to_each_thread(engine: Engine) -> None:
    group_commit = GroupCommit(engine, patience=5)

    def write(text: str, *, undo: bool) -> None:
        with group_commit.writing() as connection:
            connection.execute(sa.text("INSERT INTO notes VALUES (:text)"), {"text": text})
            if undo:
                # As SQLite does by itself when the disk is full.
                connection.exec_driver_sql("ROLLBACK")
                raise OSError("the disk is full")

    writes = [partial(write, "a", undo=False), partial(write, "b", undo=True)]
    errors = begin_together(group_commit, [*writes, partial(write, "c", undo=False)])
    # A write that came after the error is in a transaction of its own.
    assert isinstance(errors[1], OSError)
    written = [text for text, error in zip("abc", errors, strict=True) if error is None]
    assert notes(engine) == written
    write("later", undo=False)
    assert notes(engine) == sorted([*written, "later"])


def test_transaction_is_committed_even_if_the_next_thread_gives_up(engine: Engine) -> None:
    group_commit = GroupCommit(engine, patience=5)
    # Pretend that another thread is waiting, which will never take its turn.
    group_commit._waiting = 1
    giving_up = threading.Timer(0.2, lambda: setattr(group_commit, "_waiting", 0))
    giving_up.start()
    add(group_commit, "one")
    giving_up.join()
    assert notes(engine) == ["one"]


def test_thread_that_waits_too_long_for_its_turn_gets_a_timeout_error(engine: Engine) -> None:
    group_commit = GroupCommit(engine, patience=0.01)
    with ThreadPoolExecutor(1) as pool, group_commit.writing():
        late = pool.submit(add, group_commit, "late")
        assert isinstance(late.exception(10), TimeoutError)
    assert group_commit._waiting == 0
    assert notes(engine) == []
