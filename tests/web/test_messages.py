from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="the extra app has it")

from roomread.errors import DatabaseError, SessionError
from roomread.settings.environment import Settings
from roomread.web.messages import message_for


def test_visitors_do_not_read_where_the_operators_database_is() -> None:
    broken = DatabaseError("/srv/roomread/store.db: disk I/O error", hint="is it there?")
    assert "/srv" not in message_for(broken, Settings(local_files=False))
    assert "/srv" in message_for(broken, Settings(local_files=True))
    missing = SessionError("there is no session 7")
    assert "session 7" in message_for(missing, Settings(local_files=False))
