"""A person or a new state taught from a few pictures, and what that is worth at once."""

from __future__ import annotations

import hashlib

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from roomread.errors import RoomreadError
from roomread.fewshot import Consent, LeaveOneOutResult, Profile, ProfileStore, evaluate
from roomread.fewshot.profile import check_against
from roomread.media import PICTURE_SUFFIXES
from roomread.readings import Expression
from roomread.settings.environment import load_settings
from roomread.web.shared import (
    engine,
    is_signed_in,
    profile_store,
    profiles_on,
    upload_types,
)

_PERSON, _STATE = "A person's face", "A new state"
_HELP = {
    _PERSON: "Two to ten pictures, neutral ones first: their resting face is what the others are "
    "read against. It is used where theirs is the only face.",
    _STATE: "Three to ten pictures of a face that shows it, such as 'confused', best of several "
    "people. It stands beside the seven expressions and never in their place.",
}

# One picture: what it shows, its name, its content.
_Reference = tuple[str, str, bytes]


def show() -> None:
    """The page."""
    st.title("Teach")
    if not load_settings().local_files and not is_signed_in():
        st.info(
            "Profiles are kept for the user of the app's own computer: open this app there, at "
            "http://127.0.0.1. `roomread serve --sign-in` gives each user their own."
        )
        return
    store = profile_store()
    left, right = st.columns([3, 2])
    with left:
        _teach(store)
    with right:
        _show_profiles(store)


def _teach(store: ProfileStore) -> None:
    kind = st.radio("What", [_PERSON, _STATE], horizontal=True)
    st.caption(_HELP[kind])
    name = st.text_input("Name", placeholder="asha, or confused", key="teach_name")
    name = name.strip().lower()
    label = name
    # What follows keeps its place when the question goes: an upload under way would be lost.
    question = st.container()
    if kind == _PERSON:
        names = [e.display_name for e in Expression]
        label = question.selectbox("The pictures show", names, index=int(Expression.NEUTRAL)) or ""
    references = _references(kind, label)
    if not references or not name:
        return
    st.write(
        ", ".join(f"{called} ({shown})" if shown else called for shown, called, _ in references)
    )
    if st.button("Start again"):
        del st.session_state[f"references_{kind}"]
        st.rerun()
    try:
        profile = _learn(kind, name, references)
        trial = evaluate(profile, engine().analyzer.model)
        check_against(profile, store.readable(), engine().analyzer.model)
    except RoomreadError as error:
        st.error(str(error))
        return
    _keep(store, profile, trial)


def _references(kind: str, label: str) -> list[_Reference]:
    """The pictures so far; those of a state are named when it is."""
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
    shown = label if kind == _PERSON else ""
    what = f" as {shown}" if shown else ""
    count = f"{len(new)} picture{'s' if len(new) > 1 else ''}" if new else "them"
    if st.button(f"Add {count}{what}", type="primary", disabled=not new):
        kept += [(shown, called, content) for called, content in new]
        # A new key empties the uploader.
        st.session_state["teach_round"] = round_ + 1
        st.rerun()
    return kept


def _learn(kind: str, name: str, references: list[_Reference]) -> Profile:
    """The profile of the pictures so far; looked at once, however often the page is drawn."""
    digest = hashlib.sha256(repr((kind, name)).encode())
    for shown, _, content in references:
        digest.update(shown.encode() + hashlib.sha256(content).digest())
    done: tuple[str, Profile] | None = st.session_state.get("taught")
    if done is not None and done[0] == digest.hexdigest():
        return done[1]
    names = [called for _, called, _ in references]
    with st.spinner("Looking at the pictures …"):
        if kind == _PERSON:
            of = {e: [r for r in references if r[0] == e.display_name] for e in Expression}
            profile = Profile.from_references(
                name,
                {e: [_decoded(r) for r in each] for e, each in of.items() if each},
                analyzer=engine().analyzer,
                consent=Consent.today(f"{name} agreed, as whoever taught it says"),
                names=[called for each in of.values() for _, called, _ in each],
            )
        else:
            pictures = [_decoded(reference) for reference in references]
            profile = Profile.from_references(
                name, pictures, analyzer=engine().analyzer, names=names
            )
    st.session_state["taught"] = (digest.hexdigest(), profile)
    return profile


def _decoded(reference: _Reference) -> NDArray[np.uint8]:
    """A picture's pixels, decoded where strangers' pictures are."""
    _, called, content = reference
    return engine().frame(content, called).image


def _keep(store: ProfileStore, profile: Profile, trial: LeaveOneOutResult) -> None:
    said = f"{trial}."
    if trial.helps:
        st.success(f"It helps: {said}")
    elif trial.helps is None:
        st.info(f"Not tested: {said} Add a second picture.")
    else:
        st.warning(f"It does not help: {said} Add clearer or more pictures.")
    agreed = True
    if profile.person is not None:
        agreed = st.checkbox(f"{profile.name} agrees that vectors of their face are kept here")
    anyway = trial.helps is not False or st.checkbox("Keep it although it does not help")
    replace = not store.path(profile.name).exists() or st.checkbox("Replace the one of this name")
    if not st.button("Keep", type="primary", disabled=not (agreed and anyway and replace)):
        return
    try:
        store.keep(profile, replace=True)
        # Photos are read anew with it.
        st.session_state.pop("photos", None)
    except RoomreadError as error:
        st.error(str(error))
        return
    profiles_on().add(profile.name)
    kind = _STATE if profile.is_state else _PERSON
    del st.session_state[f"references_{kind}"]
    st.session_state["taught_name"] = profile.name
    st.rerun()


def _show_profiles(store: ProfileStore) -> None:
    st.subheader("Profiles")
    kept = st.session_state.pop("taught_name", None)
    if kept is not None:
        st.success(f"'{kept}' is kept and switched on.")
    if not store.names():
        elsewhere = "" if is_signed_in() else " or by `roomread teach`"
        st.info(f"None yet. What is taught here{elsewhere} appears here.")
        return
    for name in store.names():
        with st.container(border=True):
            _show_profile(store, name)
    on = ", ".join(sorted(profiles_on())) or "none"
    st.caption(f"Used on the pages Live, Photo and Video in this visit: {on}.")


def _switch(name: str, key: str) -> None:
    """Switches a profile on or off; a callback, as it must be done even if the page is left."""
    (profiles_on().add if st.session_state[key] else profiles_on().discard)(name)


def _show_profile(store: ProfileStore, name: str) -> None:
    try:
        profile = store.load(name)
        counts = ", ".join(f"{count} {label}" for label, count in profile.counts.items())
        kind = "a state" if profile.is_state else "a person"
        key = f"on_{name}"
        st.toggle(name, value=name in profiles_on(), key=key, on_change=_switch, args=(name, key))
        st.caption(f"{kind}: {counts}; taught on {profile.created}")
        if st.button("Does it help?", key=f"evaluate_{name}"):
            st.write(str(evaluate(profile, engine().analyzer.model)))
    except RoomreadError as error:
        st.error(str(error))
    if st.button("Delete", key=f"delete_{name}"):
        store.delete(name)
        profiles_on().discard(name)
        st.rerun()
