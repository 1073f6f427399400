"""The page Teach: teach a person or a new state from a few pictures, and test the profile."""

from __future__ import annotations

import hashlib

import streamlit as st

from roomread.errors import RoomreadError
from roomread.media import PICTURE_SUFFIXES
from roomread.readings import Expression
from roomread.services.profile_summary import ProfileSummary, verdict
from roomread.services.teaching import TaughtProfile, TeachingService
from roomread.services.teaching_request import ReferencePicture, TeachingRequest
from roomread.settings.environment import load_settings
from roomread.web.engine import engine
from roomread.web.uploads import upload_types
from roomread.web.visitor import is_signed_in, profiles_on, teaching_service

_Reference = ReferencePicture[bytes]
_PERSON, _STATE = "A person's face", "A new state"
_HELP = {
    _PERSON: "Two to ten pictures, neutral ones first: the resting face is what the others are "
    "read against. The profile is used where this person's face is the only one.",
    _STATE: "Three to ten pictures of a face that shows it, such as 'confused', best of several "
    "people. It stands beside the seven expressions and never in their place.",
}


def show() -> None:
    """Draw the page."""
    st.title("Teach")
    if not load_settings().local_files and not is_signed_in():
        st.info(
            "Profiles are kept for the user of the app's own computer: open this app there, at "
            "http://127.0.0.1. `roomread serve --sign-in` gives each user their own."
        )
        return
    service = teaching_service()
    left, right = st.columns([3, 2])
    with left:
        _teach(service)
    with right:
        _show_profiles(service)


def _teach(service: TeachingService) -> None:
    kind = st.radio("What", [_PERSON, _STATE], horizontal=True)
    st.caption(_HELP[kind])
    name = st.text_input("Name", placeholder="asha, or confused", key="teach_name")
    name = name.strip().lower()
    # Use a placeholder, so that the uploader below keeps its position and its files when this
    # question disappears.
    question = st.container()
    shows: Expression | None = None
    if kind == _PERSON:
        shows = question.selectbox(
            "The pictures show",
            list(Expression),
            index=int(Expression.NEUTRAL),
            format_func=lambda expression: expression.display_name,
        )
    references = _references(kind, shows)
    if not references or not name:
        return
    st.write(
        ", ".join(
            reference.name
            if reference.expression is None
            else f"{reference.name} ({reference.expression.display_name})"
            for reference in references
        )
    )
    if st.button("Start again"):
        del st.session_state[f"references_{kind}"]
        st.rerun()
    consent = ""
    if kind == _PERSON:
        if not st.checkbox(f"{name} agrees that vectors of their face are kept here"):
            st.caption("The pictures are looked at once this person agrees.")
            return
        consent = f"{name} agreed, according to the person who taught the profile"
    try:
        request = TeachingRequest(name, tuple(references), consent=consent)
        taught = _taught(service, request)
    except RoomreadError as error:
        st.error(str(error))
        return
    _keep(service, taught)


def _references(kind: str, shows: Expression | None) -> list[_Reference]:
    """Draw the forms that add pictures, and return the pictures added so far.

    Args:
        kind: the kind of profile.
        shows: the expression of the next pictures of a person; None for pictures of a state.
    """
    kept: list[_Reference] = st.session_state.setdefault(f"references_{kind}", [])
    round_ = st.session_state.setdefault("teach_round", 0)
    uploads = st.file_uploader(
        "Pictures",
        type=upload_types(PICTURE_SUFFIXES),
        accept_multiple_files=True,
        max_upload_size=load_settings().max_upload_mb,
        key=f"teach_upload_{round_}",
    )
    new = [(upload.name, upload.getvalue()) for upload in uploads]
    if st.toggle("Take one with the camera", key="teach_camera"):
        taken = st.camera_input("Your camera", key=f"teach_taken_{round_}")
        if taken is not None:
            new.append((f"camera {len(kept) + 1}", taken.getvalue()))
    what = f" as {shows.display_name}" if shows is not None else ""
    count = f"{len(new)} picture{'s' if len(new) > 1 else ''}" if new else "them"
    if st.button(f"Add {count}{what}", type="primary", disabled=not new):
        kept += [ReferencePicture(content, name, shows) for name, content in new]
        # Change the key of the uploader, which empties it.
        st.session_state["teach_round"] = round_ + 1
        st.rerun()
    return kept


def _taught(service: TeachingService, request: TeachingRequest[bytes]) -> TaughtProfile:
    """Return the profile learnt from the pictures; computed only once for the same pictures."""
    digest = hashlib.sha256(repr((request.name, request.is_state)).encode())
    for reference in request.references:
        digest.update(repr((reference.name, reference.expression)).encode())
        digest.update(reference.picture)
    done: tuple[str, TaughtProfile] | None = st.session_state.get("taught")
    if done is not None and done[0] == digest.hexdigest():
        return done[1]
    with st.spinner("Looking at the pictures …"):
        taught = service.teach(
            request,
            engine().analyzer,
            # Decode the pictures in a separate process, like all untrusted pictures.
            decode=lambda content, name: engine().frame(content, name).image,
        )
    st.session_state["taught"] = (digest.hexdigest(), taught)
    return taught


def _keep(service: TeachingService, taught: TaughtProfile) -> None:
    name, helps = taught.profile.name, taught.result.helps
    if helps:
        st.success(verdict(taught.result))
    elif helps is None:
        st.info(f"{verdict(taught.result)} Add a second picture.")
    else:
        st.warning(f"{verdict(taught.result)} Add clearer or more pictures.")
    force = helps is False and st.checkbox("Keep it although it does not help")
    exists = name in service.names()
    replace = exists and st.checkbox(f"Replace the profile '{name}' that is kept")
    may_keep = (force or helps is not False) and (replace or not exists)
    if not st.button("Keep", type="primary", disabled=not may_keep):
        return
    try:
        service.keep(taught, replace=replace, force=force)
    except RoomreadError as error:
        st.error(str(error))
        return
    # Forget the results of the page Photo, so that photos are read with the new profile.
    st.session_state.pop("photos", None)
    profiles_on().add(name)
    kind = _STATE if taught.profile.is_state else _PERSON
    del st.session_state[f"references_{kind}"]
    st.session_state["taught_name"] = name
    st.rerun()


def _show_profiles(service: TeachingService) -> None:
    st.subheader("Profiles")
    kept = st.session_state.pop("taught_name", None)
    if kept is not None:
        st.success(f"'{kept}' is kept and switched on.")
    summaries = service.summaries()
    if not summaries:
        elsewhere = "" if is_signed_in() else " or by `roomread teach`"
        st.info(f"None yet. What is taught here{elsewhere} appears here.")
        return
    for summary in summaries:
        with st.container(border=True):
            _show_profile(service, summary)
    on = ", ".join(sorted(profiles_on())) or "none"
    st.caption(f"Used on the pages Live, Photo and Video in this visit: {on}.")


def _switch(name: str, key: str) -> None:
    """Switch a profile on or off, as a callback that also runs if the page is left."""
    (profiles_on().add if st.session_state[key] else profiles_on().discard)(name)


def _show_profile(service: TeachingService, summary: ProfileSummary) -> None:
    name = summary.name
    if summary.problem is not None:
        st.error(f"{name}: {summary.problem}")
    else:
        key = f"on_{name}"
        st.toggle(name, value=name in profiles_on(), key=key, on_change=_switch, args=(name, key))
        st.caption(f"{summary.kind_text}: {summary.pictures_text}; taught on {summary.created}")
        if st.button("Does it help?", key=f"evaluate_{name}"):
            try:
                st.write(verdict(service.try_out(name, engine().analyzer.model)))
            except RoomreadError as error:
                st.error(str(error))
    if st.button("Delete", key=f"delete_{name}"):
        service.delete(name)
        profiles_on().discard(name)
        st.rerun()
