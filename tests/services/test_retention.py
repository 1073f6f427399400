from __future__ import annotations

from pathlib import Path

from roomread.services.retention import delete_expired
from roomread.store import Store


def test_expired_sessions_of_all_owners_are_deleted_and_returned(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'store.db'}")
    sessions = [store.owned_by(owner).create("Algebra 7b") for owner in ("user:anna", "user:ben")]
    assert delete_expired(store, days=1) == []
    deleted = delete_expired(store, days=0)
    assert {session.id for session in deleted} == {session.id for session in sessions}
    assert store.owned_by("user:anna").sessions() == []
    store.close()


def test_without_a_retention_time_nothing_is_deleted(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'store.db'}")
    anna = store.owned_by("user:anna")
    session = anna.create("Algebra 7b")
    assert delete_expired(store, days=None) == []
    assert anna.sessions() == [session]
    store.close()
