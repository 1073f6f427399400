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


def test_sign_in_ends_after_its_time_and_when_it_is_ended(store: AccountStore) -> None:
    sign_ins = SignIns(store)
    token = sign_ins.begin("user:1", 0.0)
    assert sign_ins.principal_of(token, SIGN_IN_SECONDS - 1) == "user:1"
    assert sign_ins.principal_of(token, SIGN_IN_SECONDS + 1) is None
    assert sign_ins.principal_of(token + "x", 0.0) is None
    SignIns(store).end(token)
    assert sign_ins.principal_of(token, 0.0) is None


def test_sign_ins_are_kept_as_hashes_and_old_ones_are_removed(
    store: AccountStore, tmp_path: Path
) -> None:
    sign_ins = SignIns(store)
    old = sign_ins.begin("user:old", 0.0)
    token = sign_ins.begin("user:new", SIGN_IN_SECONDS + 1)
    assert sign_ins.principal_of(old, 1.0) is None
    assert sign_ins.principal_of(token, SIGN_IN_SECONDS + 2) == "user:new"
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("roomread.db*"))
    assert token.encode() not in kept


def test_oldest_sign_in_is_ended_when_there_are_too_many(
    store: AccountStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("roomread.store.account_store._MAX_SIGN_INS", 3)
    sign_ins = SignIns(store)
    tokens = [sign_ins.begin(f"user:{n}", float(n)) for n in range(4)]
    principals = [sign_ins.principal_of(token, 4.0) for token in tokens]
    assert principals == [None, "user:1", "user:2", "user:3"]
