"""The Settings page: the purpose of the installation, and the user's preferences."""

from __future__ import annotations

import streamlit as st

from roomread.classifier import ExpressionClassifier, Head
from roomread.errors import RoomreadError
from roomread.locales import LANGUAGES
from roomread.readings import Expression
from roomread.services.preferences import (
    MOST_CHARACTERS,
    MOST_DAYS,
    MOST_PEOPLE,
    DetectorChoice,
    Preferences,
)
from roomread.settings.environment import load_settings
from roomread.web import model
from roomread.web.attention_rules import ask_rules
from roomread.web.core_texts import expression_name
from roomread.web.engine import engine
from roomread.web.messages import message_for
from roomread.web.preferences import haar, keep_visitor_preferences, visitor_preferences
from roomread.web.purpose import show_purpose
from roomread.web.recordings import may_record
from roomread.web.texts import t


def show() -> None:
    """Draw the Settings page."""
    st.title(t("Settings"))
    if st.session_state.pop("settings_kept", False):
        st.success(t("The settings are saved."))
    st.subheader(t("What it is used for"))
    show_purpose()
    _ask_preferences(visitor_preferences())
    st.subheader(t("Privacy"))
    st.markdown(
        t(
            "Pictures stay in this computer's memory. The page About says what happens to them and "
            "what the law is."
        )
    )
    st.markdown("[" + t("A notice to show or print") + "](/notice)")
    st.subheader(t("The model"))
    _show_model()


def _ask_preferences(now: Preferences) -> None:
    """Draw the form of the user's preferences."""
    with st.form("preferences_form", enter_to_submit=False):
        wanted = Preferences(
            language=_ask_language(now.language),
            class_size=_ask_class_size(now.class_size),
            notice=_ask_notice(now.notice),
            rules=_ask_rules(now.rules),
            sound=st.toggle(t("Play a sound for an alert"), value=now.sound),
            detector=_ask_detector(now.detector),
            head=_ask_head(now.head),
            retention_days=_ask_retention(now.retention_days),
        )
        if not may_record():
            st.caption(t("These settings apply to this visit only."))
        if st.form_submit_button(t("Save"), type="primary"):
            _keep(wanted)


def _ask_language(now: str) -> str:
    st.subheader(t("Language"))
    codes = ["", *LANGUAGES]
    return st.selectbox(
        t("Language of the app"),
        codes,
        index=codes.index(now),
        format_func=lambda code: LANGUAGES.get(code, t("as in the browser")),
    )


def _ask_class_size(now: int | None) -> int | None:
    st.subheader(t("The class"))
    size = st.number_input(
        t("Expected number of people (0: not known)"),
        min_value=0,
        max_value=MOST_PEOPLE,
        value=now or 0,
    )
    return int(size) or None


def _ask_notice(now: str) -> str:
    notice = st.text_input(
        t("How people are informed"),
        now,
        max_chars=MOST_CHARACTERS,
        placeholder=t("slide before the lesson"),
        key="usual_notice",
    )
    return notice.strip()


def _ask_rules(now: str) -> str:
    st.subheader(t("Rules of attention"))
    st.caption(
        t("An alert is raised when one of these rules is met. Changes apply to new recordings.")
    )
    return ask_rules(now)


def _ask_detector(now: DetectorChoice) -> DetectorChoice:
    st.subheader(t("Detector"))
    detectors = list(DetectorChoice)
    return st.radio(
        t("The detector that finds faces in cameras and streams"),
        detectors,
        index=detectors.index(now),
        format_func=_detector_name,
    )


def _ask_head(now: Head) -> Head:
    st.subheader(t("Slight expressions"))
    heads = list(Head)
    head = st.radio(
        t("How to read mild and posed expressions in cameras and streams"),
        heads,
        index=heads.index(now),
        format_func=_head_name,
    )
    st.caption(
        t(
            "Most people call mild anger, disgust or fear neutral. The second choice recognises "
            "more of them, but is wrong more often. With taught profiles, the first is used."
        )
    )
    return head


def _ask_retention(now: int | None) -> int | None:
    st.subheader(t("Retention"))
    days = st.number_input(
        t("Delete my lessons after this many days without a change (0: never)"),
        min_value=0,
        max_value=MOST_DAYS,
        value=now or 0,
    )
    limit = load_settings().retention_days
    if limit is not None:
        st.caption(t("This installation deletes them after {n} days.", n=limit))
    return int(days) or None


def _keep(wanted: Preferences) -> None:
    """Save the preferences, and draw the page again; an error is shown in the form."""
    try:
        if wanted.detector is DetectorChoice.HAAR:
            # Report a missing OpenCV now, and not when a camera starts.
            haar()
        keep_visitor_preferences(wanted)
    except RoomreadError as error:
        st.error(message_for(error, load_settings()))
        return
    st.session_state["settings_kept"] = True
    st.rerun()


def _detector_name(detector: DetectorChoice) -> str:
    if detector is DetectorChoice.CENTERFACE:
        return t("CenterFace: finds turned, small and covered faces")
    return t("Haar: the classic detector, for comparison; frontal faces only")


def _head_name(head: Head) -> str:
    return {
        Head.TAGGERS: t("as most people name them"),
        Head.LABEL: t("as they were meant, even if most people see no expression"),
        Head.BOTH: t("both: unsure where the two disagree"),
    }[head]


def _show_model() -> None:
    """Show how often the net is right, and its whole model card in an expander."""
    classifier = engine().analyzer.classifier
    if not isinstance(classifier, ExpressionClassifier):
        st.info(t("This classifier has no card."))
        return
    card = classifier.model.card
    if card.confusion:
        name, rows = next(iter(card.confusion.items()))
        right = {
            Expression(i): round(100 * row[i] / max(sum(row), 1)) for i, row in enumerate(rows)
        }
        st.markdown(
            t(
                "Out of 100 smiles, {n} are read as {expression}.",
                n=right[Expression.HAPPY],
                expression=expression_name(Expression.HAPPY),
            )
        )
        others = ", ".join(
            f"{expression_name(e)} {n}" for e, n in right.items() if e is not Expression.HAPPY
        )
        st.markdown(t("Out of 100 pictures of each other expression: {shares}.", shares=others))
        st.caption(t("Measured on: {data}.", data=name))
    with st.expander(t("The figures of the model")):
        model.show(classifier)
