from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from roomread.cli.stores import find_session
from roomread.errors import SessionNotFoundError
from roomread.store import LOCAL_OWNER, OwnerStore, Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[OwnerStore]:
    opened = Store(f"sqlite:///{tmp_path / 'roomread.db'}")
    yield opened.owned_by(LOCAL_OWNER)
    opened.close()


def test_session_is_found_by_the_beginning_of_its_id(store: OwnerStore) -> None:
    session = store.create("Algebra 7b")
    assert find_session(store, session.id[:4]) == session
    assert find_session(store, session.id) == session


@pytest.mark.parametrize("prefix", ["", "zz", "%", "________"])
def test_unknown_session_prefix_is_reported_with_the_list_command(
    store: OwnerStore, prefix: str
) -> None:
    store.create("Algebra 7b")
    with pytest.raises(SessionNotFoundError, match=f"no session '{prefix}'.*session list"):
        find_session(store, prefix)


def test_prefix_of_several_sessions_is_reported_with_their_ids(store: OwnerStore) -> None:
    sessions = [store.create("Algebra 7b") for _ in range(17)]
    # Of 17 ids with 16 possible first digits two begin alike.
    first = [session.id[0] for session in sessions]
    prefix = next(digit for digit in first if first.count(digit) > 1)
    alike = [session.id for session in sessions if session.id.startswith(prefix)]
    with pytest.raises(SessionNotFoundError, match="begin with") as error:
        find_session(store, prefix)
    assert f"the ids of {len(alike)} sessions" in str(error.value)
    assert any(session_id in str(error.value) for session_id in alike)
