"""Open the database and bring its tables up to date."""

from __future__ import annotations

import errno
import importlib.util
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import URL, Connection, Engine, make_url

from roomread.errors import DatabaseError, MissingExtraError
from roomread.store.group_commit import GroupCommit
from roomread.store.schema import REVISION
from roomread.store.service_schema import metadata

# Seconds for which a writer waits for another writer of the same SQLite file.
_SQLITE_TIMEOUT = 5
# Time limit for a response from PostgreSQL, s.
_POSTGRES_TIMEOUT = 30
# Time limit for the first response of a PostgreSQL server when the database is opened, s.
_POSTGRES_REACH_TIMEOUT = 5
# PostgreSQL's SSLRequest, to which every server responds with one byte before any sign-in.
_SSL_REQUEST = bytes.fromhex("00000008 04d2162f")
# The key of the advisory lock that lets one process at a time upgrade a PostgreSQL database.
_UPGRADE_LOCK = 7_266_763
# The revisions that can be migrated to the present one; they are numbered from "0001" on.
_OLDER_REVISIONS = tuple(f"{number:04}" for number in range(1, int(REVISION)))


class Database:
    """An open database whose errors are reported as `DatabaseError`.

    Args:
        url: `sqlite:///path/of/file.db` (created, readable by its owner only, if it does not
            exist) or `postgresql://user:password@host/name`.

    Raises:
        DatabaseError: The database cannot be opened, or another version of Roomread made it.
        MissingExtraError: The URL names PostgreSQL, and the extra `postgres` is not installed.
    """

    def __init__(self, url: str) -> None:
        self.engine = _open(url)
        self._group_commit = GroupCommit(self.engine, patience=_SQLITE_TIMEOUT)

    def __str__(self) -> str:
        return _display_name(self.engine.url)

    @property
    def is_shared(self) -> bool:
        """Whether processes on several computers can use this database."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection for queries.

        Raises:
            DatabaseError: The database does not respond.
        """
        with _database_errors(self.engine.url), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a connection inside a transaction that is committed at the end of the `with` block.

        Raises:
            DatabaseError: The database does not respond or cannot be written.
        """
        with _database_errors(self.engine.url):
            if self.is_shared:
                with self.engine.begin() as connection:
                    yield connection
                return
            try:
                with self._group_commit.writing() as connection:
                    yield connection
            except TimeoutError as error:
                raise DatabaseError(f"{self}: is locked", hint="try again later") from error

    def erase_deleted(self, *, compact: bool = False) -> None:
        """Remove the content of deleted rows from the database's files.

        Args:
            compact: Whether to return the freed space to the file system too. PostgreSQL ignores
                this option.

        Raises:
            DatabaseError: The database does not respond or cannot be written.
        """
        # VACUUM cannot run inside the transaction that SQLAlchemy opens by default.
        with _database_errors(self.engine.url), closing(self.engine.raw_connection()) as connection:
            cursor, driver = connection.cursor(), connection.driver_connection
            if self.is_shared and driver is not None:
                connection.rollback()
                driver.autocommit = True
                cursor.execute(f"VACUUM {', '.join(metadata.tables)}")
                driver.autocommit = False
                return
            if compact:
                cursor.execute("VACUUM")
            # Truncate the write-ahead log, which would still contain the deleted content.
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


@contextmanager
def _database_errors(url: URL) -> Iterator[None]:
    """Convert errors of the database's driver to `DatabaseError`, with the password left out.

    Raises:
        DatabaseError: The block raised an error of the driver.
    """
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        raise DatabaseError(
            f"{_display_name(url)}: {_reason(error)}",
            hint="check that it exists and is writable, or set ROOMREAD_DATABASE_URL",
        ) from error
    except sqlite3.Error as error:
        raise DatabaseError(
            f"{_display_name(url)}: {error}", hint="check whether another program uses the database"
        ) from error
    except OSError as error:
        problem = f"{_display_name(url)}: {error.strerror or error}"
        raise DatabaseError(
            problem, hint="set ROOMREAD_DATABASE_URL to another database"
        ) from error


def _display_name(url: URL) -> str:
    """Return a database's name for messages: a file's path, or a URL without its password."""
    if url.get_backend_name() == "sqlite":
        return url.database or "memory"
    return url.set(drivername="postgresql").render_as_string(hide_password=True)


def _reason(error: BaseException) -> str:
    """Return the message of a driver's error as one line."""
    inner = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    if inner is not None and inner.args and isinstance(inner.args[0], dict):
        # pg8000 reports PostgreSQL's fields; M is the message.
        return str(inner.args[0].get("M", inner))
    return str(inner).splitlines()[0] if str(inner) else type(inner).__name__


def _open(url: str) -> Engine:
    parsed = _parse(url)
    with _database_errors(parsed):
        if parsed.get_backend_name() == "postgresql":
            _reach(parsed)
        engine = _engine(parsed)
        try:
            with engine.connect() as connection:
                found = _revision(connection)
            if found != REVISION:
                _upgrade(engine)
        except BaseException:
            engine.dispose()
            raise
    return engine


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except sa.exc.ArgumentError:
        parsed = None
    if parsed is None or parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise DatabaseError(
            "the database's URL is for neither SQLite nor PostgreSQL",
            hint="write sqlite:////path/of/file.db or postgresql://user:password@host/name",
        )
    if parsed.get_backend_name() == "postgresql":
        if importlib.util.find_spec("pg8000") is None:
            raise MissingExtraError("PostgreSQL", extra="postgres")
        return parsed.set(drivername="postgresql+pg8000")
    return parsed


def _reach(url: URL) -> None:
    """Check that a PostgreSQL server responds, to report an unreachable server within seconds.

    Raises:
        DatabaseError: The server does not respond.
    """
    if "unix_sock" in url.query:
        # A connection to a socket file of this computer succeeds or fails immediately.
        return
    address = (url.host or "localhost", url.port or 5432)
    try:
        with socket.create_connection(address, timeout=_POSTGRES_REACH_TIMEOUT) as server:
            server.sendall(_SSL_REQUEST)
            if not server.recv(1):
                raise ConnectionResetError(errno.ECONNRESET, "the connection was closed")
    except OSError as error:
        raise DatabaseError(
            f"{_display_name(url)}: the server does not answer: {error.strerror or error}",
            hint="check that the server runs and can be reached, or set ROOMREAD_DATABASE_URL",
        ) from error


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "postgresql":
        # Test pooled connections before use, and replace broken ones.
        options = {"timeout": _POSTGRES_TIMEOUT}
        return sa.create_engine(url, pool_pre_ping=True, connect_args=options)
    if url.database:
        path = Path(url.database)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            path.touch(mode=0o600)
    engine = sa.create_engine(url, connect_args={"timeout": _SQLITE_TIMEOUT})
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # Begin transactions explicitly, because Python's sqlite3 module would not do so before CREATE
    # TABLE.
    connection.isolation_level = None
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",  # committed rows survive a power cut
        "foreign_keys = ON",
        "secure_delete = ON",  # deleted content is overwritten
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    # Take SQLite's write lock at the beginning. A transaction that reads first and writes later
    # would fail without waiting if another process writes.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("immediate") else "BEGIN")


def _revision(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(engine: Engine) -> None:
    with engine.connect().execution_options(immediate=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_UPGRADE_LOCK)))
        found = _revision(connection)
        if found not in (None, *_OLDER_REVISIONS, REVISION):
            raise DatabaseError(
                f"{_display_name(engine.url)}: is from another version of Roomread ({found})",
                hint="update Roomread, or set ROOMREAD_DATABASE_URL to another database",
            )
        config = Config()
        config.set_main_option("script_location", "roomread.store:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, REVISION)
