from __future__ import annotations

import threading

import pytest

pytest.importorskip("sqlalchemy", reason="needs the sessions extra")

from pathlib import Path

from roomread.store import LOCAL_OWNER
from roomread.testing import temporary_store


def test_temporary_store_is_empty_and_shared_by_threads() -> None:
    with temporary_store() as store:
        own = store.owned_by(LOCAL_OWNER)
        assert own.sessions() == []
        writer = threading.Thread(target=own.create, args=("Algebra 7b",))
        writer.start()
        writer.join()
        assert [session.name for session in own.sessions()] == ["Algebra 7b"]


def test_temporary_store_is_deleted_at_the_end() -> None:
    with temporary_store() as store:
        file = Path(store.name)
        assert file.exists()
    assert not file.exists()


def test_temporary_stores_are_independent() -> None:
    with temporary_store() as one, temporary_store() as other:
        one.owned_by(LOCAL_OWNER).create("Algebra 7b")
        assert other.owned_by(LOCAL_OWNER).sessions() == []
