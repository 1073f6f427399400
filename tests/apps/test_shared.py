from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="the extra app has it")

from roomread.apps.settings import Settings
from roomread.apps.web.shared import words_for
from roomread.errors import DatabaseError, SessionError


def test_visitors_are_not_told_where_the_operators_database_is() -> None:
    broken = DatabaseError("/srv/roomread/sessions.db: disk I/O error", hint="is it there?")
    assert "/srv" not in words_for(broken, Settings(local_files=False))
    assert "/srv" in words_for(broken, Settings(local_files=True))
    missing = SessionError("there is no session 7")
    assert "session 7" in words_for(missing, Settings(local_files=False))
