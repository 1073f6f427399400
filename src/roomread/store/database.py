"""Opens the database that sessions are kept in, and brings its tables up to date."""

from __future__ import annotations

import importlib.util
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import URL, Connection, Engine, make_url

from roomread.errors import DatabaseError, MissingExtraError
from roomread.store.schema import REVISION

# How long a writer of SQLite waits for another one, and PostgreSQL may take for an answer, s.
_PATIENCE, _TIMEOUT = 5, 30
# A number that only Roomread's upgrades lock, so that two programs do not do it at once.
_UPGRADE_LOCK = 7_266_763


def open_database(url: str) -> Engine:
    """The database at a URL, with the tables of this version.

    Args:
        url: `sqlite:///path/of/file.db` (made where there is none, for its owner alone), or
            `postgresql://user:password@host/name`.

    Raises:
        DatabaseError: it cannot be opened, or was made by a newer version.
        MissingExtraError: PostgreSQL without its extra.
    """
    place = _place(url)
    with told(place):
        engine = _engine(place)
        try:
            with engine.connect() as connection:
                found = _revision(connection)
            if found != REVISION:
                _upgrade(engine)
        except BaseException:
            engine.dispose()
            raise
    return engine


@contextmanager
def told(place: URL) -> Iterator[None]:
    """Turns the database's errors into ours, without its password.

    Raises:
        DatabaseError: anything went wrong inside.
    """
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        raise DatabaseError(
            f"{shown(place)}: {reason(error)}",
            hint="is it there, writable and reachable? ROOMREAD_DATABASE_URL names another",
        ) from error
    except sqlite3.Error as error:
        raise DatabaseError(f"{shown(place)}: {error}", hint="is it in use?") from error
    except OSError as error:
        problem = f"{shown(place)}: {error.strerror or error}"
        raise DatabaseError(problem, hint="ROOMREAD_DATABASE_URL names another") from error


def shown(place: URL) -> str:
    """A database for messages: a file's path, or an address without its password."""
    if place.get_backend_name() == "sqlite":
        return place.database or "memory"
    return place.set(drivername="postgresql").render_as_string(hide_password=True)


def reason(error: BaseException) -> str:
    """What a database's error says, in a line."""
    inner = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    if inner is not None and inner.args and isinstance(inner.args[0], dict):
        # PostgreSQL's fields; M is the message.
        return str(inner.args[0].get("M", inner))
    return str(inner).splitlines()[0] if str(inner) else type(inner).__name__


def _place(url: str) -> URL:
    try:
        place = make_url(url)
    except sa.exc.ArgumentError:
        place = None
    if place is None or place.get_backend_name() not in ("sqlite", "postgresql"):
        raise DatabaseError(
            "the database's URL is of no kind that is known",
            hint="write sqlite:////path/of/file.db or postgresql://user:password@host/name",
        )
    if place.get_backend_name() == "postgresql":
        if importlib.util.find_spec("pg8000") is None:
            raise MissingExtraError("PostgreSQL", extra="postgres")
        return place.set(drivername="postgresql+pg8000")
    return place


def _engine(place: URL) -> Engine:
    if place.get_backend_name() == "postgresql":
        # A connection that died while it lay in the pool is replaced before it is used.
        return sa.create_engine(place, pool_pre_ping=True, connect_args={"timeout": _TIMEOUT})
    if place.database:
        path = Path(place.database)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            path.touch(mode=0o600)
    engine = sa.create_engine(place, connect_args={"timeout": _PATIENCE})
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # Python's module would begin transactions by itself, and not before CREATE TABLE.
    connection.isolation_level = None
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",  # what was written is there after a power cut too
        "foreign_keys = ON",
        "secure_delete = ON",  # what is deleted is overwritten
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("alone") else "BEGIN")


def _revision(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(engine: Engine) -> None:
    with engine.connect().execution_options(alone=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_UPGRADE_LOCK)))
        found = _revision(connection)
        if found is not None and found > REVISION:
            raise DatabaseError(
                f"{shown(engine.url)}: was made by a newer Roomread ({found})",
                hint="update Roomread, or name another with ROOMREAD_DATABASE_URL",
            )
        config = Config()
        config.set_main_option("script_location", "roomread.store:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, REVISION)
