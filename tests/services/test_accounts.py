from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomread.errors import RoomreadError
from roomread.services.accounts import Accounts, Scope
from roomread.store import AccountStore, Store

PASSWORD = "a few words for Anna"  # noqa: S105 (not a real one)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[AccountStore]:
    opened = Store(f"sqlite:///{tmp_path / 'roomread.db'}")
    yield opened.accounts
    opened.close()


@pytest.fixture
def accounts(store: AccountStore) -> Accounts:
    return Accounts(store)


def test_api_key_is_accepted_with_its_scopes_in_every_process_until_it_is_revoked(
    store: AccountStore, accounts: Accounts
) -> None:
    assert accounts.is_empty()
    text = accounts.add_key("board", [Scope.READ])
    principal = accounts.check_key(text)
    assert principal is not None
    assert principal.scopes == {Scope.READ}
    other = Accounts(store)
    assert other.check_key(text) == principal
    accounts.revoke_key(text.split("_")[1])
    assert other.check_key(text) is None
    with pytest.raises(RoomreadError, match="no key 'nothing'"):
        accounts.revoke_key("nothing")


def test_neither_api_keys_nor_passwords_are_stored_in_plain_text(
    accounts: Accounts, tmp_path: Path
) -> None:
    key = accounts.add_key("board", [Scope.READ])
    accounts.add_user("anna", PASSWORD, [Scope.READ])
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("roomread.db*"))
    assert key.split("_", 2)[2].encode() not in kept
    assert PASSWORD.encode() not in kept
    assert b"$argon2id$" in kept


def test_password_is_accepted_until_the_user_is_removed(accounts: Accounts) -> None:
    accounts.add_user("anna", PASSWORD, [Scope.READ])
    anna = accounts.check_password("anna", PASSWORD)
    assert anna is not None
    assert accounts.principal_of(anna.id) == anna
    accounts.remove_user("anna")
    assert accounts.principal_of(anna.id) is None
    assert accounts.check_password("anna", PASSWORD) is None
    with pytest.raises(RoomreadError, match="no user 'anna'"):
        accounts.remove_user("anna")


@pytest.mark.parametrize(
    ("name", "password"),
    [("anna", PASSWORD + " "), ("ben", PASSWORD), ("Anna", PASSWORD), ("an\0na", PASSWORD)],
)
def test_wrong_name_or_password_is_refused(accounts: Accounts, name: str, password: str) -> None:
    accounts.add_user("anna", PASSWORD, [Scope.READ])
    assert accounts.check_password(name, password) is None


def test_user_is_refused_when_the_name_is_taken_or_the_password_is_short(
    accounts: Accounts,
) -> None:
    accounts.add_user("anna", PASSWORD, [Scope.READ])
    with pytest.raises(RoomreadError, match="already"):
        accounts.add_user("anna", PASSWORD, [Scope.READ])
    with pytest.raises(RoomreadError, match="fewer than 12"):
        accounts.add_user("ben", "short", [Scope.READ])


@pytest.fixture(scope="module")
def one_key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accounts]:
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('accounts') / 'roomread.db'}")
    accounts = Accounts(store.accounts)
    accounts.add_key("board", [Scope.READ])
    yield accounts
    store.close()


@given(text=st.text())
@settings(max_examples=30, deadline=None)
def test_arbitrary_text_is_not_accepted_as_an_api_key(one_key: Accounts, text: str) -> None:
    (key,) = one_key.keys()
    for tried in (text, f"rr_{text}", f"rr_{key.id}_{text}"):
        assert one_key.check_key(tried) is None


def test_api_keys_added_by_several_processes_at_once_are_all_stored(
    store: AccountStore, accounts: Accounts
) -> None:
    others = [Accounts(store) for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda other: other.add_key("board", [Scope.READ]), others))
    assert len(accounts.keys()) == 8


def test_configured_secret_overrides_the_stored_secret(store: AccountStore) -> None:
    text = Accounts(store, secret="one").add_key("board", [Scope.READ])  # noqa: S106
    assert Accounts(store, secret="one").check_key(text) is not None  # noqa: S106
    assert Accounts(store, secret="another").check_key(text) is None  # noqa: S106
    assert Accounts(store).check_key(text) is None


def test_derived_secrets_are_equal_in_all_processes_and_differ_by_purpose(
    store: AccountStore,
) -> None:
    first, second = Accounts(store), Accounts(store)
    assert first.derive_secret("sign-in") == second.derive_secret("sign-in")
    assert first.derive_secret("sign-in") != first.derive_secret("receipts")
    assert store.secret() not in first.derive_secret("sign-in")


def test_user_is_bound_to_the_first_identity_provider_account_that_signs_in(
    store: AccountStore, accounts: Accounts
) -> None:
    accounts.add_user("Anna@school.example", None, [Scope.READ])
    assert accounts.check_provided("berta@school.example", "issuer 7") is None
    first = accounts.check_provided("anna@school.example", "issuer 1")
    assert first is not None
    other = Accounts(store)
    assert other.check_provided("married@school.example", "issuer 1") == first
    assert other.check_provided("anna@school.example", "issuer 2") is None
    assert other.check_provided("anna@school.example", "other-issuer 1") is None
    (user,) = store.users()
    for password in ("provider", user.hash):
        assert accounts.check_password("Anna@school.example", password) is None
    assert "issuer 1" not in user.hash


def test_two_changes_of_api_keys_within_one_clock_tick_are_seen_by_every_process(
    store: AccountStore, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("roomread.services.accounts.time.time", lambda: 1000.0)
    other = Accounts(store)
    first = accounts.add_key("board", [Scope.READ])
    assert other.check_key(first) is not None
    second = accounts.add_key("camera", [Scope.ANALYZE])
    accounts.revoke_key(first.split("_")[1])
    assert other.check_key(first) is None
    assert other.check_key(second) is not None
