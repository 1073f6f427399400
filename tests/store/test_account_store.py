from __future__ import annotations

from collections.abc import Iterator

import pytest

from roomread.store import (
    Account,
    AccountStore,
    Store,
)


def test_account_change_is_visible_to_all_processes_immediately(everything: Store) -> None:
    other = everything.accounts
    anna = Account("1", "anna", "hash", ("read", "analyze"), 1.0)
    assert everything.accounts.add_user(anna)
    assert not other.add_user(Account("2", "anna", "another", (), 2.0))
    assert other.users() == (anna,)
    assert other.replace_hash(anna, "changed")
    assert not everything.accounts.replace_hash(anna, "changed again")
    assert everything.accounts.user("1") == Account("1", "anna", "changed", anna.scopes, 1.0)
    assert other.remove_user("anna")
    assert everything.accounts.user_named("anna") is None
    assert everything.accounts.secret() == other.secret()


@pytest.fixture
def accounts(sqlite_url: str) -> Iterator[AccountStore]:
    opened = Store(sqlite_url)
    yield opened.accounts
    opened.close()


def test_accounts_are_listed_oldest_first(accounts: AccountStore) -> None:
    for account_id, created in (("b", 2.0), ("c", 1.0), ("a", 2.0)):
        assert accounts.add_key(Account(account_id, "board", "hash", ("read",), created))
    listed = accounts.keys()
    assert [key.id for key in listed] == ["c", "a", "b"]
    assert accounts.users() == ()


def test_two_api_keys_may_have_the_same_name_but_not_the_same_id(accounts: AccountStore) -> None:
    assert accounts.add_key(Account("a", "board", "hash", ("read",), 1.0))
    assert accounts.add_key(Account("b", "board", "other", ("read",), 1.0))
    assert not accounts.add_key(Account("a", "camera", "third", (), 1.0))
    assert accounts.remove_key("a")
    assert not accounts.remove_key("a")
    left = accounts.keys()
    assert [key.id for key in left] == ["b"]


def test_user_is_found_by_the_hash_of_the_account_at_the_identity_provider(
    accounts: AccountStore,
) -> None:
    anna = Account("1", "anna", "provider:7", ("read",), 1.0)
    accounts.add_user(anna)
    assert accounts.user_hashed("provider:7") == anna
    assert accounts.user_hashed("provider:") is None


def test_sign_in_is_found_only_if_it_began_between_the_given_times(accounts: AccountStore) -> None:
    accounts.add_sign_in("token", "user:1", 100.0, oldest=0.0, newest=200.0, kept=3)
    assert accounts.sign_in("token", oldest=100.0, newest=100.0) == "user:1"
    assert accounts.sign_in("token", oldest=100.5, newest=200.0) is None
    assert accounts.sign_in("token", oldest=0.0, newest=99.5) is None
    accounts.remove_sign_in("token")
    accounts.remove_sign_in("token")
    assert accounts.sign_in("token", oldest=0.0, newest=200.0) is None


def test_new_sign_in_removes_only_the_oldest_sign_in_of_the_same_user(
    accounts: AccountStore,
) -> None:
    for begun, principal in ((1.0, "anna"), (2.0, "ben"), (3.0, "anna"), (4.0, "anna")):
        token = f"{principal} {begun:g}"
        accounts.add_sign_in(token, principal, begun, oldest=0.0, newest=9.0, kept=2)
    tokens = ("anna 1", "ben 2", "anna 3", "anna 4")
    assert [accounts.sign_in(token, oldest=0.0, newest=9.0) for token in tokens] == [
        None,
        "ben",
        "anna",
        "anna",
    ]
