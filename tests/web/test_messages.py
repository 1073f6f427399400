from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="the extra app has it")

from roomread.errors import DatabaseError, SessionError
from roomread.settings.environment import Settings
from roomread.web.messages import message_for, plain, trouble_text


def test_error_shown_to_visitors_hides_the_location_of_the_database() -> None:
    broken = DatabaseError("/srv/roomread/store.db: disk I/O error", hint="is it there?")
    assert "/srv" not in message_for(broken, Settings(local_files=False))
    assert "/srv" in message_for(broken, Settings(local_files=True))
    missing = SessionError("there is no session 7")
    assert "session 7" in message_for(missing, Settings(local_files=False))


def test_message_of_a_failing_recording_says_that_nothing_is_lost() -> None:
    text = trouble_text("/srv/roomread/store.db: disk full", Settings(local_files=True))
    assert (
        text
        == "/srv/roomread/store.db: disk full. New moments are kept in memory and written later."
    )
    hidden = trouble_text("/srv/roomread/store.db: disk full", Settings(local_files=False))
    assert "/srv" not in hidden
    assert hidden.endswith("New moments are kept in memory and written later.")


def test_markdown_in_user_text_is_escaped() -> None:
    assert plain("*7b* [x](y) <b>") == r"\*7b\* \[x\]\(y\) \<b\>"
