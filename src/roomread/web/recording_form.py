"""The form with the name and the options of a new recording."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

import streamlit as st

from roomread.services.background_recording import RecordingRequest
from roomread.web.preferences import visitor_preferences
from roomread.web.texts import day_and_time, t

# Seconds between two frames of a recording.
_EVERY = 0.5


class LessonForm(NamedTuple):
    """The content of the form for a new recording.

    Attributes:
        request: The requested recording.
        missing: What must be filled in before the recording can begin; empty if the form is
            complete.
    """

    request: RecordingRequest
    missing: str


def ask_lesson(*, may_tell_apart: bool) -> LessonForm:
    """Draw the form; the name is prefilled, so that a recording can start with one click.

    Args:
        may_tell_apart: Whether the form offers to distinguish people by their faces.
    """
    preferences = visitor_preferences()
    if "lesson_name" not in st.session_state:
        st.session_state["lesson_name"] = t("Lesson of {day}", day=day_and_time(datetime.now(UTC)))
    name = st.text_input(t("Name"), key="lesson_name").strip()
    with st.expander(t("Options of the recording")):
        keep, consent, identity = _ask_people(may_tell_apart=may_tell_apart)
        notice = st.text_input(
            t("How people are informed"),
            value=preferences.notice,
            placeholder=t("slide before the lesson"),
            key="lesson_notice",
        ).strip()
        st.markdown("[" + t("A notice to show or print") + "](/notice)")
        st.caption(t("The rules of attention are those of the page Settings."))
    if not keep:
        st.caption(
            t(
                "Only the figures of the room are kept: no readings of individual people, "
                "no pictures."
            )
        )
    st.caption(
        t(
            "In the European Union it is prohibited to infer emotions in education or at work, "
            "except for medical or safety reasons. Elsewhere, too, ask the people you film."
        )
    )
    request = RecordingRequest(
        name,
        every=_EVERY,
        rules=preferences.rules,
        consent=consent,
        identity=identity,
        notice=notice,
    )
    missing = "" if name else t("The recording needs a name.")
    if keep and not consent:
        missing = t("Say who consented and how, or keep no readings of individual people.")
    return LessonForm(request, missing)


def _ask_people(*, may_tell_apart: bool) -> tuple[bool, str, bool]:
    """Draw the questions about individual people, and return the answers.

    Returns:
        Whether to store readings of individual people, their consent, and whether to compare faces.
    """
    if not st.checkbox(
        t("Keep the readings of individual people, by seat number"), key="lesson_keep"
    ):
        return False, "", False
    consent = st.text_input(
        t("Who consented, and how"),
        placeholder=t("all 28, in writing, 2 September"),
        key="lesson_consent",
    ).strip()
    if not may_tell_apart:
        st.caption(
            t(
                "People are not told apart by their faces here: a file that is uploaded and a "
                "webcam are recorded without it. A path, a URL, a camera or a screen can be "
                "recorded with it."
            )
        )
        return True, consent, False
    identity = st.checkbox(t("Tell people apart by their faces"))
    if identity:
        st.caption(
            t(
                "People then keep their number when tiles move, and when they leave and come "
                "back. The vectors by which faces are compared are biometric data: they stay "
                "in memory while this records and are never written. The consent must cover "
                "them."
            )
        )
    return True, consent, identity
