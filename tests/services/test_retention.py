from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from roomread.services.preferences import Preferences, keep_preferences
from roomread.services.retention import delete_expired, kept_days
from roomread.store import Store, schema
from roomread.store.rows import stored


def test_delete_expired_deletes_and_returns_the_expired_sessions_of_all_owners(
    tmp_path: Path,
) -> None:
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


def test_retention_time_of_a_user_applies_only_to_sessions_of_that_user(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'store.db'}")
    anna, ben, carl = (store.owned_by(f"user:{name}") for name in ("anna", "ben", "carl"))
    sessions = [each.create("Algebra 7b") for each in (anna, ben, carl)]
    with store._database.engine.begin() as connection:
        old = stored(datetime.now(UTC) - timedelta(days=40))
        connection.execute(sa.update(schema.sessions).values(updated_at=old))
    keep_preferences(anna, Preferences(retention_days=30))
    keep_preferences(ben, Preferences(retention_days=60))
    carl.keep_preferences('{"language": "tlh"}')
    assert [session.id for session in delete_expired(store, days=None)] == [sessions[0].id]
    assert (anna.sessions(), len(ben.sessions()), len(carl.sessions())) == ([], 1, 1)
    store.close()


def test_shorter_of_the_retention_times_of_operator_and_owner_applies(store: Store) -> None:
    anna = store.owned_by("user:anna")
    assert kept_days(anna, days=None) is None
    assert kept_days(anna, days=90.0) == 90
    keep_preferences(anna, Preferences(retention_days=30))
    assert kept_days(anna, days=None) == 30
    assert kept_days(anna, days=90.0) == 30
    assert kept_days(anna, days=7.0) == 7
