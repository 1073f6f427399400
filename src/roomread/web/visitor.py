"""The visitor of a page: the owner id, and the profiles switched on in this visit."""

from __future__ import annotations

import streamlit as st

from roomread import Analyzer
from roomread.fewshot import Profile
from roomread.services.engine import USER_HEADER, served_engine
from roomread.services.profile_shelves import profile_shelf as shelf_of
from roomread.services.teaching import ProfileShelf, TeachingService
from roomread.settings.environment import load_settings
from roomread.store import LOCAL_OWNER
from roomread.web.engine import engine
from roomread.web.messages import message_for
from roomread.web.texts import t


def owner() -> str:
    """Return the owner id of the visitor's sessions and profiles.

    The id is that of the signed-in user, or else of the computer's own user.
    """
    # Trust the header only if the service sets it; otherwise any client could send it.
    signed_in = st.context.headers.get(USER_HEADER, "") if served_engine() is not None else ""
    return signed_in or LOCAL_OWNER


def is_signed_in() -> bool:
    """Return whether the visitor has signed in."""
    return owner() != LOCAL_OWNER


def teaching_service() -> TeachingService:
    """Return the teaching service for this visitor's profiles.

    The computer's own user has the same profiles as on the command line.
    """
    return TeachingService(profile_shelf())


def profile_shelf() -> ProfileShelf:
    """Return the storage of this visitor's profiles."""
    served = served_engine()
    store = served.store if served is not None else None
    return shelf_of(store, owner(), data=load_settings().data)


def profiles_on() -> set[str]:
    """Return the set of active profiles' names; changing the set switches profiles on or off."""
    names: set[str] = st.session_state.setdefault("profiles_on", set())
    return names


def ask_states() -> None:
    """Draw the choice of taught states, such as "confused", to look for in all faces."""
    names = teaching_service().room_states()
    if not names:
        return
    chosen = st.multiselect(
        t("Taught states to look for"),
        names,
        default=[name for name in names if name in profiles_on()],
        help=t(
            "Their shares are stored with the figures of the room. The pictures on the page "
            "Teach define what a state is."
        ),
    )
    profiles_on().difference_update(names)
    profiles_on().update(chosen)


def visitor_profiles() -> list[Profile]:
    """Return the active profiles, and show an error for each profile that cannot be used."""
    good, refused = teaching_service().usable(sorted(profiles_on()), engine().analyzer.model)
    for name, error in refused.items():
        st.warning(
            t("{problem} The profile is switched off.", problem=message_for(error, load_settings()))
        )
        profiles_on().discard(name)
    if good:
        names = ", ".join(profile.name for profile in good)
        st.caption(t("Profiles: {names}.", names=names))
    return good


def visitor_analyzer() -> Analyzer:
    """Return the analyzer with this visitor's profiles."""
    profiles = visitor_profiles()
    analyzer = engine().analyzer
    return analyzer.with_profiles(profiles) if profiles else analyzer
