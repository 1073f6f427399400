from __future__ import annotations

from collections.abc import Iterator

import pytest

from roomread.errors import DatabaseError
from roomread.store import Store


@pytest.fixture
def opened(sqlite_url: str) -> Iterator[Store]:
    store = Store(sqlite_url)
    yield store
    store.close()


def test_all_parts_of_a_store_use_one_database(opened: Store) -> None:
    session = opened.owned_by("user:anna").create("Algebra 7b")
    again = opened.owned_by("user:anna")
    assert again.owner == "user:anna"
    assert again.session(session.id) == session
    assert opened.operator.seats_named("Ada") == 0
    assert opened.rooms.get(session.id) is None
    assert opened.jobs.all() == again.jobs.all() == []
    assert opened.accounts.secret() == opened.accounts.secret()


def test_all_lease_objects_of_a_process_share_the_leases_of_the_process(
    opened: Store, sqlite_url: str
) -> None:
    other = Store(sqlite_url)
    first = opened.leases("http://one.example")
    assert first.acquire("session:1") is None
    assert opened.leases().acquire("session:1") is None
    assert first.acquire("session:1") is None
    lease = other.leases().acquire("session:1")
    assert lease is not None
    assert lease.address == "http://one.example"
    other.close()


def test_sqlite_file_is_not_shared_between_service_processes(
    opened: Store, sqlite_url: str
) -> None:
    assert not opened.is_shared
    assert opened.name.endswith("roomread.db")
    assert opened.name in sqlite_url


def test_only_a_postgresql_database_is_shared_between_service_processes(url: str) -> None:
    store = Store(url)
    assert store.is_shared == url.startswith("postgresql")
    store.close()


def test_file_that_is_not_a_database_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("store") / "notes.txt"
    path.write_text("no database " * 100)
    with pytest.raises(DatabaseError, match=r"notes\.txt"):
        Store(f"sqlite:///{path}")
