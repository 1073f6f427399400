from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from postgres import PostgresServer
from roomread.store import LOCAL_OWNER, OwnerStore, Store


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'roomread.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """Return the URL of a new database, on SQLite and on PostgreSQL in turn."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def everything(url: str) -> Iterator[Store]:
    opened = Store(url)
    yield opened
    opened.close()


@pytest.fixture
def store(everything: Store) -> OwnerStore:
    """Return the store of the local user."""
    return everything.owned_by(LOCAL_OWNER)


@pytest.fixture
def anna(everything: Store) -> OwnerStore:
    """Return the store of a user of the service."""
    return everything.owned_by("user:anna")
