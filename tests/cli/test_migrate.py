from __future__ import annotations

from pathlib import Path

import pytest

from roomread.cli import migrate
from roomread.store.schema import REVISION


def test_tables_of_a_new_database_are_created_and_their_revision_is_printed(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database.parent.mkdir()
    migrate.command()
    assert capsys.readouterr().out.endswith(f": revision {REVISION}\n")
    assert database.exists()
