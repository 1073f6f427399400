"""The page About, and the question about the purpose that precedes all pages."""

from __future__ import annotations

import streamlit as st

from roomread import __version__
from roomread.errors import OutputError, RoomreadError
from roomread.services.purpose import (
    DESCRIPTIONS,
    REGIONS,
    Activity,
    choose_use,
    current_use,
    problem_with,
)
from roomread.settings.environment import Settings
from roomread.settings.intended_use import IntendedUse, Purpose, Region, settings_file
from roomread.web.texts import t
from roomread.web.visitor import is_signed_in, owner

_LAW = """
**In the European Union** it is prohibited to infer emotions of people at work or in education from
their faces, except for medical or safety reasons (AI Act, Regulation (EU) 2024/1689, Article
5(1)(f)). Elsewhere, other laws may require consent or prohibit it as well. This page is not legal
advice.
"""
_LIMITS = """
An expression is what a face shows, not what the person feels. People frown when they think.
Roomread says how confident it is, and gives no expression if it is not confident enough or cannot
see the face.
"""


def purpose_is_known(settings: Settings) -> bool:
    """Ask the first visitor what this installation is used for; return False until it is known."""
    if settings.purpose is not None or "purpose" in st.session_state:
        return True
    st.title("Welcome to Roomread")
    st.markdown(_LIMITS)
    st.subheader("What is this installation used for?")
    st.markdown(_LAW)
    use = _ask_use(IntendedUse(), "Go on")
    st.caption(
        f"The answer is kept in {settings_file()}, and can be changed on the page About; "
        "`ROOMREAD_PURPOSE` and `ROOMREAD_REGION` set it as well."
    )
    if use is None:
        return False
    st.session_state["purpose"] = use.purpose
    try:
        choose_use(use, who=owner())
    except OutputError as error:
        st.session_state["purpose_not_kept"] = str(error)
    st.rerun()
    return False


def _ask_use(now: IntendedUse, button: str) -> IntendedUse | None:
    """Draw a form for the purpose and the region; return the answer once it is complete."""
    purposes, regions = list(Purpose), list(Region)
    with st.form("purpose_form"):
        purpose = st.radio(
            "It is used for",
            purposes,
            format_func=lambda purpose: DESCRIPTIONS[purpose],
            index=purposes.index(now.purpose) if now.purpose is not None else None,
            key="purpose_choice",
        )
        region = st.radio(
            "Where, which matters for work and education",
            regions,
            format_func=lambda region: REGIONS[region],
            index=regions.index(now.region) if now.region is not None else None,
            key="region_choice",
            horizontal=True,
        )
        sent = st.form_submit_button(button, type="primary")
    if not sent:
        return None
    if purpose is None:
        st.error("Choose one of the four, or close this page.")
        return None
    if purpose is Purpose.WORK_OR_SCHOOL and region is None:
        st.error("Choose where: for work and education the law differs.")
        return None
    return IntendedUse(purpose, region)


def show() -> None:
    """Draw the page."""
    st.title(t("About"))
    problem = st.session_state.get("purpose_not_kept")
    if problem:
        st.warning(f"Your answer about the purpose could not be kept: {problem}")
    st.markdown(_LIMITS)
    st.subheader("What happens to pictures")
    st.markdown(
        """
- They are read on **the computer that runs this app**, in its memory, and nowhere else.
- **Nothing is stored**, neither pictures nor readings, unless you download them yourself. A session
  that you record here keeps the figures of the room, never a picture, and
  readings of single people only with the consent that you write down there. What you teach and
  keep on the page Teach is stored as vectors, never as pictures, until you delete it.
- Nobody is recognised: the profile of a taught person is used for the only face of a picture,
  no matter whose it is, and nothing is compared with other pictures.
- Nothing is downloaded while the app runs; the nets are part of it.
"""
    )
    st.subheader("The law")
    st.markdown(_LAW)
    _show_use()
    st.caption(f"Roomread {__version__}, Apache-2.0.")


def _show_use() -> None:
    """Draw the purpose and what it forbids, with a form that changes it."""
    use = current_use()
    purpose = use.purpose or st.session_state.get("purpose")
    if purpose is not None:
        where = f" Where: **{REGIONS[use.region]}**." if use.region is not None else ""
        description = DESCRIPTIONS[Purpose(purpose)]
        st.markdown(f"This installation is used for: **{description}**.{where}")
    for activity in (Activity.READ_OTHERS, Activity.RECORD_CLASS):
        problem = problem_with(activity, use)
        if problem is not None:
            st.info(f"It may not {activity}: {problem}.")
    if is_signed_in():
        # One user of a service must not decide for all; a manager has the API for it.
        return
    with st.expander("Change the purpose"):
        chosen = _ask_use(use, "Change")
    if chosen is None:
        return
    try:
        choose_use(chosen, who=owner())
    except RoomreadError as error:
        st.error(str(error))
    else:
        st.session_state["purpose"] = chosen.purpose
        st.rerun()
