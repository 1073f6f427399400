"""The preferences of the visitor, stored in the database or for this visit only."""

from __future__ import annotations

import streamlit as st

from roomread import Analyzer
from roomread.classifier import ExpressionClassifier
from roomread.errors import DatabaseError, RoomreadError
from roomread.faces import Haar
from roomread.services.preferences import (
    DetectorChoice,
    Preferences,
    checked,
    keep_preferences,
    load_preferences,
)
from roomread.settings.environment import load_settings
from roomread.web.engine import engine
from roomread.web.messages import message_for
from roomread.web.recordings import may_record, visitor_sessions
from roomread.web.texts import choose_language
from roomread.web.visitor import visitor_analyzer, visitor_profiles

_PREFERENCES = "preferences"


def visitor_preferences() -> Preferences:
    """Return the preferences of the visitor, read from the database once per visit."""
    known: Preferences | None = st.session_state.get(_PREFERENCES)
    if known is None:
        known = Preferences()
        if may_record():
            try:
                known = load_preferences(visitor_sessions())
            except DatabaseError as error:
                st.warning(message_for(error, load_settings()))
                # Do not cache the defaults, so that the next page reads the preferences again.
                return known
            except RoomreadError as error:
                st.warning(message_for(error, load_settings()))
        st.session_state[_PREFERENCES] = known
        choose_language(known.language)
    return known


def keep_visitor_preferences(preferences: Preferences) -> None:
    """Store the preferences of the visitor.

    The preferences of a visitor who may not record lessons are stored for this visit only.

    Raises:
        PreferencesError: A value is not in its range.
        RulesError: The alert rules cannot be parsed.
        DatabaseError: The database cannot be written.
    """
    if may_record():
        keep_preferences(visitor_sessions(), preferences)
    st.session_state[_PREFERENCES] = checked(preferences)
    choose_language(preferences.language)


@st.cache_resource
def haar() -> Haar:
    """Return the Haar cascade detector of OpenCV, which is loaded once.

    Raises:
        MissingExtraError: OpenCV is not installed.
    """
    return Haar()


def live_analyzer() -> Analyzer:
    """Return the analyzer for the visitor's own camera, with the active profiles."""
    return _as_preferred(visitor_analyzer())


def room_analyzer() -> Analyzer:
    """Return the analyzer for a room, which looks in all faces for the states that were chosen.

    States, such as "confused", are taught on the Teach page.
    """
    states = [profile for profile in visitor_profiles() if profile.is_of_anyone]
    analyzer = engine().analyzer
    return _as_preferred(analyzer.with_profiles(states) if states else analyzer)


def _as_preferred(analyzer: Analyzer) -> Analyzer:
    """Return the analyzer with the detector and the head that the visitor prefers."""
    wanted = visitor_preferences()
    detector, classifier = analyzer.detector, analyzer.classifier
    try:
        if wanted.detector is DetectorChoice.HAAR:
            detector = haar()
    except RoomreadError as error:
        st.warning(message_for(error, load_settings()))
    # Profiles work only with the default head.
    if isinstance(classifier, ExpressionClassifier) and not analyzer.profiles:
        classifier = classifier.with_head(wanted.head)
    return Analyzer(detector=detector, classifier=classifier, profiles=analyzer.profiles)
