from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from roomread.services.sign_ins import SIGN_IN_SECONDS, SignIns
from roomread.store import AccountStore, Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[AccountStore]:
    opened = Store(f"sqlite:///{tmp_path / 'roomread.db'}")
    yield opened.accounts
    opened.close()


def test_sign_in_is_valid_until_it_expires_or_the_user_signs_out(store: AccountStore) -> None:
    sign_ins = SignIns(store)
    token = sign_ins.begin("user:1", 0.0)
    assert sign_ins.principal_of(token, SIGN_IN_SECONDS - 1) == "user:1"
    assert sign_ins.principal_of(token, SIGN_IN_SECONDS + 1) is None
    assert sign_ins.principal_of(token + "x", 0.0) is None
    SignIns(store).end(token)
    assert sign_ins.principal_of(token, 0.0) is None


def test_sign_ins_are_stored_as_hashes_and_expired_sign_ins_are_removed(
    store: AccountStore, tmp_path: Path
) -> None:
    sign_ins = SignIns(store)
    old = sign_ins.begin("user:old", 0.0)
    token = sign_ins.begin("user:new", SIGN_IN_SECONDS + 1)
    assert sign_ins.principal_of(old, 1.0) is None
    assert sign_ins.principal_of(token, SIGN_IN_SECONDS + 2) == "user:new"
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("roomread.db*"))
    assert token.encode() not in kept


def test_oldest_sign_ins_of_a_user_end_when_the_user_has_too_many(store: AccountStore) -> None:
    sign_ins = SignIns(store, per_principal=2)
    others = sign_ins.begin("user:other", 0.0)
    tokens = [sign_ins.begin("user:1", float(n)) for n in range(1, 5)]
    principals = [sign_ins.principal_of(token, 5.0) for token in tokens]
    assert principals == [None, None, "user:1", "user:1"]
    assert sign_ins.principal_of(others, 5.0) == "user:other"


def test_newest_of_several_simultaneous_sign_ins_is_kept(store: AccountStore) -> None:
    sign_ins = SignIns(store, per_principal=1)
    for _ in range(20):
        token = sign_ins.begin("user:1", 7.0)
        assert sign_ins.principal_of(token, 7.0) == "user:1"


def test_sign_in_with_a_start_time_in_the_future_is_not_valid(store: AccountStore) -> None:
    sign_ins = SignIns(store)
    # The sign-in was made while the clock was a day ahead.
    ahead = sign_ins.begin("user:1", 24 * 3600.0)
    assert sign_ins.principal_of(ahead, 0.0) is None
    # The next sign-in deletes it, so that it does not become valid a day later.
    sign_ins.begin("user:1", 0.0)
    assert sign_ins.principal_of(ahead, 24 * 3600.0) is None
