from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="the extra app has it")

import streamlit as st

from roomread.errors import DatabaseError, MediaError, SessionError
from roomread.services.purpose import Activity, PurposeError, problem_with
from roomread.settings.environment import Settings
from roomread.settings.intended_use import IntendedUse, Purpose
from roomread.web.messages import message_for, plain, problem_text, trouble_text
from roomread.web.texts import choose_language


def test_error_shown_to_visitors_hides_the_location_of_the_database() -> None:
    broken = DatabaseError("/srv/roomread/store.db: disk I/O error", hint="is it there?")
    assert "/srv" not in message_for(broken, Settings(local_files=False))
    assert "/srv" in message_for(broken, Settings(local_files=True))
    missing = SessionError("there is no session 7")
    assert "session 7" in message_for(missing, Settings(local_files=False))


def test_error_is_shown_in_the_language_of_the_visitor() -> None:
    choose_language("de")
    refused = problem_with(Activity.RECORD_CLASS, IntendedUse(Purpose.PERSONAL, None))
    assert refused is not None
    text = message_for(PurposeError(refused), Settings())
    assert text.startswith("diese Installation ist nur für ihren Benutzer")
    assert text.endswith("Die Seite Einstellungen zeigt den Zweck.")
    missing = MediaError("lesson.mp4: no such file", hint="check the name")
    told = "lesson.mp4: es gibt keine solche Datei (prüfen Sie den Namen)"
    assert message_for(missing, Settings()) == problem_text(str(missing)) == told
    st.session_state.clear()


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
