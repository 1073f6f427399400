from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from postgres import PostgresServer
from roomread.store import SessionStore


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'sessions.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """A new database of each kind."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def store(url: str) -> Iterator[SessionStore]:
    opened = SessionStore(url)
    yield opened
    opened.close()
