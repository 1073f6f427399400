from __future__ import annotations

import subprocess
import sys
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
def test_error_for_an_unknown_session_prefix_names_the_list_command(
    store: OwnerStore, prefix: str
) -> None:
    store.create("Algebra 7b")
    with pytest.raises(SessionNotFoundError, match=f"no session '{prefix}'.*session list"):
        find_session(store, prefix)


def test_error_for_an_ambiguous_session_prefix_lists_the_matching_ids(store: OwnerStore) -> None:
    sessions = [store.create("Algebra 7b") for _ in range(17)]
    # Among 17 ids with 16 possible first digits, two begin with the same digit.
    first = [session.id[0] for session in sessions]
    prefix = next(digit for digit in first if first.count(digit) > 1)
    alike = [session.id for session in sessions if session.id.startswith(prefix)]
    with pytest.raises(SessionNotFoundError, match="begin with") as error:
        find_session(store, prefix)
    assert f"the ids of {len(alike)} sessions" in str(error.value)
    assert any(session_id in str(error.value) for session_id in alike)


WITHOUT_THE_EXTRA = """
import importlib.util, sys

class Hidden:
    def find_spec(self, name, *_):
        if name.partition(".")[0] in ("sqlalchemy", "alembic"):
            raise ModuleNotFoundError(name)

found = importlib.util.find_spec
importlib.util.find_spec = lambda name: None if name == "sqlalchemy" else found(name)
sys.meta_path.insert(0, Hidden())
from roomread.entry.main import app
from roomread.errors import MissingExtraError
for command in ("list", "record a.mp4", "show 1", "mark 1 a", "enrol 1 1 a --consent b",
                "export 1", "report 1", "delete 1", "transcript 1 a.vtt", "slides 1 a.pdf",
                "clips 1 a.mp4 -o out", "purge --days 1"):
    try:
        app(["session", *command.split()], standalone_mode=False)
    except MissingExtraError as error:
        print(error.hint)
"""


def test_every_session_command_names_the_missing_extra() -> None:
    command = [sys.executable, "-c", WITHOUT_THE_EXTRA]
    told = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert told.stderr == ""
    assert told.stdout.splitlines() == 12 * ["pip install 'roomread[sessions]'"]
