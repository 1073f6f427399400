"""Commit the transactions of several threads together, because each commit waits for the disk."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, NestedTransaction, RootTransaction

# Number of transactions after which a group is committed even if more threads are waiting.
_MOST = 16
# Seconds between two checks, by a thread that waits for the commit of its group, whether the
# threads that should commit it have given up.
_LOOK_SECONDS = 0.05


@dataclass(slots=True, eq=False)
class _Group:
    """An open transaction of the database, in which several threads write one after another.

    Attributes:
        connection: The connection that all these threads use.
        transaction: The transaction, which is committed at the end of the group.
        size: The number of threads that have written.
        ended: Set once the transaction is committed or rolled back.
        error: The error because of which nothing was committed, or None.
    """

    connection: Connection
    transaction: RootTransaction
    size: int = 0
    ended: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None


class GroupCommit:
    """A queue in which the threads of this process write one SQLite file one after another.

    A thread that finishes its transaction while others wait for their turn leaves the commit to
    them, and returns once the commit is done. The transaction of each thread is a savepoint, so
    that an error undoes only the changes of that thread.

    Without the queue, SQLite would let a waiting writer sleep for up to 100 ms at a time, during
    which other writers can overtake it.

    Args:
        engine: The engine of the SQLite file.
        patience: The maximum time that a thread waits for its turn, s.
    """

    def __init__(self, engine: Engine, *, patience: float) -> None:
        self._engine, self._patience = engine, patience
        self._turn, self._count = threading.Lock(), threading.Lock()
        self._waiting = 0
        self._group: _Group | None = None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a connection inside a transaction that is committed when the `with` block ends.

        Raises:
            TimeoutError: This thread did not get its turn within `patience`.
            sqlalchemy.exc.SQLAlchemyError: The database cannot be written.
        """
        self._take_turn()
        group: _Group | None = None
        try:
            group = self._open_group()
            savepoint = group.connection.begin_nested()
            try:
                yield group.connection
                savepoint.commit()
            except BaseException:
                self._undo(group, savepoint)
                raise
            group.size += 1
        finally:
            if group is not None and (not self._waiting or group.size >= _MOST or group.error):
                self._end(group)
            self._turn.release()
        self._await(group)

    def _take_turn(self) -> None:
        with self._count:
            self._waiting += 1
        try:
            if not self._turn.acquire(timeout=self._patience):
                raise TimeoutError
        finally:
            with self._count:
                self._waiting -= 1

    def _open_group(self) -> _Group:
        """Return the open group, or begin a new one."""
        if self._group is None:
            connection = self._engine.connect().execution_options(immediate=True)
            try:
                self._group = _Group(connection, connection.begin())
            except BaseException:
                connection.close()
                raise
        return self._group

    def _undo(self, group: _Group, savepoint: NestedTransaction) -> None:
        """Roll back the changes after a savepoint, which are those of only one thread."""
        try:
            savepoint.rollback()
        except sa.exc.SQLAlchemyError as error:
            # SQLite rolls back the whole transaction after some errors, such as a full disk.
            group.error = error

    def _end(self, group: _Group) -> None:
        """Commit a group, or roll it back after an error."""
        self._group = None
        try:
            with group.connection:
                if group.error is not None:
                    group.transaction.rollback()
                else:
                    with group.transaction:
                        pass
        except BaseException as error:  # noqa: BLE001 (raised by each thread of the group)
            group.error = error
        finally:
            group.ended.set()

    def _await(self, group: _Group) -> None:
        """Wait until a group is committed.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: The group could not be committed.
        """
        while not group.ended.wait(_LOOK_SECONDS):
            # Commit here if the threads that should commit have given up waiting for their turn.
            if not self._waiting and self._turn.acquire(blocking=False):
                try:
                    if self._group is group:
                        self._end(group)
                finally:
                    self._turn.release()
        if group.error is not None:
            raise group.error
