"""Commit the transactions of several threads together, because each commit waits for the disk."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, NestedTransaction, RootTransaction

# Number of transactions after which a group is committed, although further threads wait.
_MOST = 16
# How often a thread whose transaction waits looks whether all others have given up, s.
_LOOK_SECONDS = 0.05


@dataclass(slots=True, eq=False)
class _Group:
    """An open transaction of the database, in which several threads write one after another.

    Attributes:
        connection: The connection of all of them.
        transaction: The transaction, which is committed at the end of the group.
        size: The number of threads that have written.
        ended: Set when it is committed or rolled back.
        error: Why nothing of it was written; None if it was committed.
    """

    connection: Connection
    transaction: RootTransaction
    size: int = 0
    ended: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None


class GroupCommit:
    """Let the threads of this process write one SQLite file one after another.

    A thread that ends its transaction while others wait for their turn leaves the commit to them,
    and returns when it is done. The transaction of each thread is a savepoint, so that an error
    undoes only its own changes.

    SQLite itself lets a waiting writer sleep for up to 100 ms at a time, in which others pass it.

    Args:
        engine: The engine of the SQLite file.
        patience: The maximum time to wait for the turn, s.
    """

    def __init__(self, engine: Engine, *, patience: float) -> None:
        self._engine, self._patience = engine, patience
        self._turn, self._count = threading.Lock(), threading.Lock()
        self._waiting = 0
        self._group: _Group | None = None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a connection inside a transaction that is committed when the block has ended.

        Raises:
            TimeoutError: The turn did not come in time.
            sqlalchemy.exc.SQLAlchemyError: The database cannot be written.
        """
        self._take_turn()
        group: _Group | None = None
        try:
            group = self._joined()
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

    def _joined(self) -> _Group:
        """Return the open group, or a new one."""
        if self._group is None:
            connection = self._engine.connect().execution_options(immediate=True)
            try:
                self._group = _Group(connection, connection.begin())
            except BaseException:
                connection.close()
                raise
        return self._group

    def _undo(self, group: _Group, savepoint: NestedTransaction) -> None:
        """Undo the changes of one thread."""
        try:
            savepoint.rollback()
        except sa.exc.SQLAlchemyError as error:
            # SQLite undoes the whole transaction after some errors, such as that of a full disk.
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
            sqlalchemy.exc.SQLAlchemyError: It was not.
        """
        while not group.ended.wait(_LOOK_SECONDS):
            # The thread that was to commit has given up waiting for its turn.
            if not self._waiting and self._turn.acquire(blocking=False):
                try:
                    if self._group is group:
                        self._end(group)
                finally:
                    self._turn.release()
        if group.error is not None:
            raise group.error
