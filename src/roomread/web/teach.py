"""The Teach page: teach a person or a new state from a few pictures, and test the profile."""

from __future__ import annotations

import hashlib
from datetime import datetime

import streamlit as st

from roomread.errors import BusyError, RoomreadError
from roomread.fewshot import LeaveOneOutResult
from roomread.fewshot.profile import Observation
from roomread.media import PICTURE_SUFFIXES
from roomread.readings import Expression
from roomread.services.profile_summary import ProfileSummary, verdict
from roomread.services.teaching import TaughtProfile, TeachingService
from roomread.services.teaching_request import TeachingRequest
from roomread.settings.environment import load_settings
from roomread.web.capture import take_pictures
from roomread.web.core_texts import expression_name, profile_text
from roomread.web.engine import engine, turn
from roomread.web.messages import message_for, plain, problem_text
from roomread.web.teach_tiles import Tile, add_tiles, forget_tiles, look_at, show_tiles, tiles_of
from roomread.web.texts import day_of, t
from roomread.web.uploaded_files import read_upload
from roomread.web.uploads import upload_types
from roomread.web.visitor import is_signed_in, owner, profiles_on, teaching_service

_PERSON, _STATE = "person", "state"


def show() -> None:
    """Draw the Teach page."""
    st.title(t("Teach"))
    if not load_settings().local_files and not is_signed_in():
        st.info(
            t(
                "Profiles are kept for the user of the app's own computer: open this app there, at "
                "http://127.0.0.1. `roomread serve --sign-in` gives each user their own."
            )
        )
        return
    service = teaching_service()
    left, right = st.columns([3, 2])
    with left:
        _teach(service)
    with right:
        _show_profiles(service)


def _teach(service: TeachingService) -> None:
    names = {_PERSON: t("A person's face"), _STATE: t("A new state")}
    kind = st.radio(t("What"), [*names], format_func=names.__getitem__, horizontal=True)
    st.caption(_help(kind))
    name = st.text_input(t("Name"), placeholder=t("asha, or confused"), key="teach_name")
    name = name.strip().lower()
    consent = ""
    # Use a placeholder, so that the uploader below keeps its position and its files when these
    # questions disappear.
    question = st.container()
    shows: Expression | None = None
    if kind == _PERSON:
        shows = question.selectbox(
            t("The pictures show"),
            list(Expression),
            index=int(Expression.NEUTRAL),
            format_func=expression_name,
        )
        agreed = question.checkbox(
            t("This person agrees that vectors of their face are kept here"), key="teach_agreed"
        )
        consent = f"{name} agreed, according to the person who taught the profile" * agreed
    _add(kind, shows)
    tiles = tiles_of(kind)
    if not tiles:
        return
    if kind == _PERSON and not consent:
        st.info(t("The pictures are examined once this person agrees."))
        show_tiles(kind)
        return
    _look_at_new(tiles)
    references = show_tiles(kind)
    if st.button(t("Start again")):
        forget_tiles(kind)
        st.rerun()
    if not references:
        st.warning(t("None of the pictures can be learnt from."))
    elif not name:
        st.info(t("Enter a name to test what was learnt."))
    else:
        _try(service, TeachingRequest(name, tuple(references), consent=consent))


def _look_at_new(tiles: list[Tile]) -> None:
    """Check the new pictures; if the processors are busy, leave the pictures unchecked."""
    new = [tile for tile in tiles if tile.check is None]
    if not new:
        return
    try:
        with st.spinner(t("Examining the pictures …")), turn(owner()):
            look_at(new, engine().analyzer)
    except BusyError as error:
        st.warning(message_for(error, load_settings()))


def _help(kind: str) -> str:
    if kind == _PERSON:
        return t(
            "Two to ten pictures, neutral ones first: the other pictures are compared with the "
            "resting face. The profile is used when this person's face is the only one."
        )
    return t(
        "Three to ten pictures of a face that shows it, such as 'confused', preferably of "
        "several people. The state is shown in addition to the seven expressions."
    )


def _add(kind: str, shows: Expression | None) -> None:
    """Draw the uploader and the camera that add pictures as tiles."""
    round_ = st.session_state.setdefault("teach_round", 0)
    uploads = st.file_uploader(
        t("Pictures"),
        type=upload_types(PICTURE_SUFFIXES),
        accept_multiple_files=True,
        max_upload_size=load_settings().max_upload_mb,
        key=f"teach_upload_{round_}",
    )
    new = [(upload.name, read_upload(upload)) for upload in uploads]
    count = len(tiles_of(kind))
    taken = take_pictures(key="teach_camera")
    new += [
        (t("camera {n}", n=number), picture)
        for number, picture in enumerate(taken, start=count + 1)
    ]
    if new:
        add_tiles(kind, new, shows)
        # Change the key of the uploader, which empties it.
        st.session_state["teach_round"] = round_ + 1
        st.rerun()


def _try(service: TeachingService, request: TeachingRequest[Observation]) -> None:
    try:
        taught = _taught(service, request)
    except RoomreadError as error:
        st.error(message_for(error, load_settings()))
        return
    _keep(service, taught)


def _taught(service: TeachingService, request: TeachingRequest[Observation]) -> TaughtProfile:
    """Return the profile learnt from the pictures; learn only once from the same pictures."""
    digest = hashlib.sha256(repr((request.name, request.is_state)).encode())
    for reference in request.references:
        digest.update(repr((reference.name, reference.expression)).encode())
        face = reference.picture.reference(request.name, name=reference.name)
        digest.update(face.features.tobytes())
    done: tuple[str, TaughtProfile] | None = st.session_state.get("taught")
    if done is not None and done[0] == digest.hexdigest():
        return done[1]
    # The faces of the pictures were found when their tiles were drawn.
    taught = service.teach(request, engine().analyzer, decode=lambda face, _name: face)
    st.session_state["taught"] = (digest.hexdigest(), taught)
    return taught


def _keep(service: TeachingService, taught: TaughtProfile) -> None:
    name, result = taught.profile.name, taught.result
    helps, learnt = result.helps, problem_text(verdict(result))
    nothing = helps is False and result.correct_before == result.references
    if helps:
        st.success(learnt)
    elif helps is None:
        st.info(learnt + " " + t("Add a second picture."))
    elif nothing:
        st.info(learnt)
    else:
        st.warning(learnt + " " + t("Add clearer or more pictures."))
    _show_before_and_after(result)
    force = helps is False and st.checkbox(t("Keep it anyway"))
    exists = name in service.names()
    replace = exists and st.checkbox(t("Replace the stored profile '{name}'", name=name))
    if not st.button(t("Keep"), type="primary"):
        return
    if exists and not replace:
        st.error(t("There is a profile of this name: choose to replace it, or another name."))
        return
    try:
        service.keep(taught, replace=replace, force=force)
    except RoomreadError as error:
        st.error(message_for(error, load_settings()))
        return
    profiles_on().add(name)
    forget_tiles(_STATE if taught.profile.is_state else _PERSON)
    st.session_state["taught_name"] = name
    st.rerun()


def _show_before_and_after(result: LeaveOneOutResult) -> None:
    """Draw how many pictures are read correctly without and with the profile."""
    if result.helps is None or result.correct_before is None:
        return
    before, after = st.columns(2)
    of = t("of {n}", n=result.references)
    before.metric(t("Correct before"), f"{result.correct_before} {of}", border=True)
    after.metric(
        t("Correct with the profile"),
        f"{result.correct} {of}",
        delta=f"{result.correct - result.correct_before:+d}",
        border=True,
    )


def _show_profiles(service: TeachingService) -> None:
    st.subheader(t("Profiles"))
    kept = st.session_state.pop("taught_name", None)
    if kept is not None:
        st.success(t("'{name}' is stored and switched on.", name=kept))
    summaries = service.summaries()
    if not summaries:
        st.info(t("None yet. Profiles that you teach appear here."))
        return
    for summary in summaries:
        with st.container(border=True):
            _show_profile(service, summary)
    on = ", ".join(sorted(profiles_on())) or t("none")
    st.caption(
        t("Used on the pages Watch now and Photos and videos in this visit: {names}.", names=on)
    )


def _switch(name: str, key: str) -> None:
    """Switch a profile on or off, in a callback that runs even if the visitor leaves the page."""
    (profiles_on().add if st.session_state[key] else profiles_on().discard)(name)


def _show_profile(service: TeachingService, summary: ProfileSummary) -> None:
    name = summary.name
    if summary.problem is not None:
        st.error(f"{name}: {problem_text(summary.problem)}")
    else:
        key = f"on_{name}"
        st.toggle(name, value=name in profiles_on(), key=key, on_change=_switch, args=(name, key))
        day = day_of(datetime.fromisoformat(summary.created))
        st.caption(t("{what}; taught on {day}", what=profile_text(summary), day=day))
        if st.button(t("Does {name} help?", name=plain(name)), key=f"evaluate_{name}"):
            try:
                st.write(problem_text(verdict(service.try_out(name, engine().analyzer.model))))
            except RoomreadError as error:
                st.error(message_for(error, load_settings()))
    if st.button(t("Delete the profile {name}", name=plain(name)), key=f"delete_{name}"):
        service.delete(name)
        profiles_on().discard(name)
        st.rerun()
