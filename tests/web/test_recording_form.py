from __future__ import annotations

from typing import Any

import pytest

testing = pytest.importorskip("streamlit.testing.v1", reason="needs the app extra")

from roomread.services.preferences import Preferences  # noqa: E402
from roomread.web import recording_form  # noqa: E402


def page() -> None:
    import streamlit as st  # noqa: PLC0415 (the script's own code)

    from roomread.web.recording_form import ask_lesson  # noqa: PLC0415

    form = ask_lesson(may_tell_apart=True)
    st.session_state["form"] = (form.request.consent, form.request.identity, form.missing)


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(recording_form, "visitor_preferences", Preferences)
    return testing.AppTest.from_function(page, default_timeout=120).run()


def test_default_recording_form_is_complete_and_stores_no_readings_of_individual_people(
    script: Any,
) -> None:
    assert script.session_state["form"] == ("", False, "")


def test_storing_individual_people_requires_their_consent(script: Any) -> None:
    script.checkbox(key="lesson_keep").check().run()
    _, identity, missing = script.session_state["form"]
    assert not identity
    assert missing.startswith("Say who consented")
    script.text_input(key="lesson_consent").input("all 28, in writing")
    script.checkbox[1].check().run()
    assert script.session_state["form"] == ("all 28, in writing", True, "")


def page_of_an_upload() -> None:
    from roomread.web.recording_form import ask_lesson  # noqa: PLC0415 (the script's own code)

    ask_lesson(may_tell_apart=False)


def test_form_of_an_upload_says_that_people_are_not_told_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recording_form, "visitor_preferences", Preferences)
    upload = testing.AppTest.from_function(page_of_an_upload, default_timeout=120).run()
    upload.checkbox(key="lesson_keep").check().run()
    assert len(upload.checkbox) == 1
    told = [caption.value for caption in upload.caption]
    assert any("People are not told apart by their faces here" in text for text in told)


def test_recording_without_a_name_cannot_begin(script: Any) -> None:
    script.text_input(key="lesson_name").input(" ").run()
    assert script.session_state["form"][2] == "The recording needs a name."
