from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from roomread.store import OwnerStore, Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'sessions.db'}")
    yield opened
    opened.close()


@pytest.fixture
def sessions(store: Store) -> OwnerStore:
    return store.owned_by("user:1")
