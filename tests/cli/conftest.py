"""Fixtures shared by the tests of the commands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from roomread.store import LOCAL_OWNER, OwnerStore, Store


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the commands use a new database, and return its path."""
    path = tmp_path / "data" / "roomread.db"
    monkeypatch.setenv("ROOMREAD_DATABASE_URL", f"sqlite:///{path}")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return path


@pytest.fixture
def local_sessions(database: Path) -> Iterator[OwnerStore]:
    """Yield the sessions that the commands use."""
    everything = Store(f"sqlite:///{database}")
    yield everything.owned_by(LOCAL_OWNER)
    everything.close()
