"""Ask what this installation is used for, and show what this purpose prohibits."""

from __future__ import annotations

import streamlit as st

from roomread.errors import OutputError, RoomreadError
from roomread.services.purpose import Activity, choose_use, current_use, problem_with
from roomread.settings.environment import Settings, load_settings
from roomread.settings.intended_use import IntendedUse, Purpose, Region, settings_file
from roomread.web.messages import message_for, problem_text
from roomread.web.texts import t
from roomread.web.visitor import is_signed_in, owner


def law() -> str:
    """Return a summary of the law on inferring emotions, as Markdown."""
    return t(
        "**In the European Union** it is prohibited to infer emotions of people at work or in "
        "education from their faces, except for medical or safety reasons (AI Act, Regulation (EU) "
        "2024/1689, Article 5(1)(f)). Elsewhere, other laws may require consent or prohibit it as "
        "well. This page is not legal advice."
    )


def limits() -> str:
    """Return an explanation of what an expression is and is not."""
    return t(
        "An expression is what a face shows, not what the person feels. People frown when they "
        "think. Roomread says how confident it is, and gives no expression if it is not confident "
        "enough or cannot see the face."
    )


def purpose_name(purpose: Purpose) -> str:
    """Return a purpose in the visitor's language."""
    return {
        Purpose.PERSONAL: t("Myself: my own face, my own pictures"),
        Purpose.RESEARCH: t("Research, with the consent of everybody who is filmed"),
        Purpose.MEDICAL: t("Medical or safety reasons"),
        Purpose.WORK_OR_SCHOOL: t("Work or education"),
    }[purpose]


def region_name(region: Region) -> str:
    """Return a region in the visitor's language."""
    if region is Region.EU:
        return t("In the European Union")
    return t("Outside the European Union")


def purpose_is_known(settings: Settings) -> bool:
    """Ask the first visitor what this installation is used for; return False until it is known."""
    if settings.purpose is not None or "purpose" in st.session_state:
        return True
    st.title(t("Welcome to Roomread"))
    st.markdown(limits())
    st.subheader(t("What is this installation used for?"))
    st.markdown(law())
    use = _ask_use(IntendedUse(), t("Continue"))
    st.caption(
        t(
            "The answer is stored in {file}, and can be changed on the page Settings; "
            "`ROOMREAD_PURPOSE` and `ROOMREAD_REGION` set it as well.",
            file=str(settings_file()),
        )
    )
    if use is None:
        return False
    st.session_state["purpose"] = use.purpose
    try:
        choose_use(use, who=owner())
    except OutputError as error:
        st.session_state["purpose_not_kept"] = message_for(error, settings)
    st.rerun()
    return False


def _ask_use(now: IntendedUse, button: str) -> IntendedUse | None:
    """Draw a form for the purpose and the region; return the answer once it is complete."""
    purposes, regions = list(Purpose), list(Region)
    with st.form("purpose_form"):
        purpose = st.radio(
            t("It is used for"),
            purposes,
            format_func=purpose_name,
            index=purposes.index(now.purpose) if now.purpose is not None else None,
            key="purpose_choice",
        )
        region = st.radio(
            t("Where (the law for work and education differs)"),
            regions,
            format_func=region_name,
            index=regions.index(now.region) if now.region is not None else None,
            key="region_choice",
        )
        sent = st.form_submit_button(button, type="primary")
    if not sent:
        return None
    if purpose is None:
        st.error(t("Choose one of the four, or close this page."))
        return None
    if purpose is Purpose.WORK_OR_SCHOOL and region is None:
        st.error(t("Choose where: the law for work and education differs by region."))
        return None
    return IntendedUse(purpose, region)


def show_purpose() -> None:
    """Draw the purpose and what it prohibits, with a form that changes it."""
    problem = st.session_state.get("purpose_not_kept")
    if problem:
        st.warning(
            t("Your answer about the purpose could not be saved: {problem}", problem=problem)
        )
    use = current_use()
    purpose = use.purpose or st.session_state.get("purpose")
    if purpose is not None:
        name = purpose_name(Purpose(purpose))
        st.markdown(t("This installation is used for: **{purpose}**.", purpose=name))
    if use.region is not None:
        st.markdown(t("Where: **{region}**.", region=region_name(use.region)))
    for activity in (Activity.READ_OTHERS, Activity.RECORD_CLASS):
        reason = problem_with(activity, use)
        if reason is not None:
            what = (
                t("read the faces of others")
                if activity is Activity.READ_OTHERS
                else t("record a class")
            )
            told = problem_text(reason)
            st.info(t("It must not {activity}: {reason}.", activity=what, reason=told))
    if is_signed_in():
        # A single user must not decide for the whole service; a manager uses the API for that.
        return
    with st.expander(t("Change the purpose")):
        chosen = _ask_use(use, t("Change"))
    if chosen is None:
        return
    try:
        choose_use(chosen, who=owner())
    except RoomreadError as error:
        st.error(message_for(error, load_settings()))
    else:
        st.session_state["purpose"] = chosen.purpose
        st.rerun()
