"""The visitor's webcam on the "Watch now" page."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st
from streamlit_webrtc import (
    AudioProcessorBase,
    WebRtcMode,
    WebRtcStreamerContext,
    webrtc_streamer,
)
from streamlit_webrtc.webrtc import SignallingTimeoutError

from roomread import Analyzer
from roomread.errors import RoomreadError
from roomread.room.rounding import rounded_moods
from roomread.services.background_recording import Recording
from roomread.services.watch import LiveWatch
from roomread.settings.environment import load_settings
from roomread.web.camera_link import CameraLink
from roomread.web.camera_problem import camera_problem, explain_problem, forget_problem
from roomread.web.connection_test import show_connection_test
from roomread.web.engine import engine
from roomread.web.ice import ice_servers
from roomread.web.live_camera import LiveCamera
from roomread.web.live_room import (
    Watched,
    ask_recording,
    follow_recording,
    show_last_recording,
    show_marks,
    show_recorded,
    show_room,
    show_stop,
    show_trouble,
)
from roomread.web.messages import message_for
from roomread.web.one_face import show_one_face
from roomread.web.preferences import live_analyzer, visitor_preferences
from roomread.web.recordings import recordings, visitor_sessions
from roomread.web.room_mood import show_state
from roomread.web.texts import t


def show_webcam(visit: str) -> None:
    """Draw the visitor's camera, its readings, and the controls of its recording.

    The readings are above the camera, so that a phone shows both without scrolling.

    Args:
        visit: the id of the visit, whose camera counts towards the maximum number of cameras.
    """
    settings = load_settings()
    try:
        servers = ice_servers(settings)
    except RoomreadError as error:
        st.warning(
            t(
                "Cameras on other networks may not connect: {error}",
                error=message_for(error, settings),
            )
        )
        servers = list(settings.ice_servers)
    link: CameraLink = st.session_state.setdefault("camera_link", CameraLink())
    link.check(time.monotonic())
    analyzer = live_analyzer()
    watch = _watch(link, analyzer)
    watch.use(analyzer)
    problem = camera_problem()
    if problem:
        _show_problem(problem, link, servers)
        return
    # Draw both even if they are empty, so that the camera keeps its position on the page.
    stop, state = st.container(key="stop"), st.container(key="state")
    left, right = st.columns([3, 2])
    camera: LiveCamera | None = None
    with left:
        camera = _show_camera(servers, link, watch, analyzer)
        if link.wanted:
            st.button(t("Stop the camera"), on_click=_stop, args=(link, watch))
        _show_help(servers, problem)
    if camera is None:
        with state:
            _show_waiting(link, watch)
        return
    # The page may have been redrawn since this camera and its watch were created.
    watch = st.session_state["live_watch"] = camera.watch
    if watch.is_recording and watch.recording is not None:
        with stop:
            if show_stop(watch.recording):
                st.rerun()
        with state:
            st.fragment(run_every=1.0)(_follow_recording)(watch.recording, link, visit)
        with right:
            st.fragment(show_marks)(watch.recording)
            st.caption(
                t(
                    "Stay on this page: leaving it stops the camera, and with it the recording "
                    "after a minute and a half."
                )
            )
        st.fragment(run_every=1.0)(show_recorded)(watch.recording)
    else:
        with state:
            st.fragment(run_every=1.0)(_follow)(watch, link, visit)
        with right:
            offer_recording(watch)
        st.fragment(run_every=1.0)(_show_timeline)(watch)
    _show_tabs(watch)


def _watch(link: CameraLink, analyzer: Analyzer) -> LiveWatch:
    """Return the present `LiveWatch` while the camera connects or runs, otherwise a new object."""
    watch: LiveWatch | None = st.session_state.get("live_watch")
    if watch is None or not link.wanted:
        previous, watch = watch, LiveWatch(analyzer)
        watch.recording = previous.recording if previous is not None else None
        st.session_state["live_watch"] = watch
    return watch


def _stop(link: CameraLink, watch: LiveWatch) -> None:
    watch.stop_recording()
    link.stop(time.monotonic())


def _show_problem(problem: str, link: CameraLink, servers: list[dict[str, Any]]) -> None:
    """Show why the camera did not start, with help and a button to try again."""
    st.error(explain_problem(problem), icon=":material/videocam_off:")
    if st.button(t("Try again"), type="primary"):
        forget_problem()
        link.retry(time.monotonic())
        st.rerun()
    _show_help(servers, problem)


def _show_help(servers: list[dict[str, Any]], problem: str) -> None:
    with st.expander(t("The camera does not start?"), expanded=bool(problem)):
        st.markdown(
            "\n".join(
                f"- {line}"
                for line in (
                    t(
                        "**The browser asks for the camera**: allow it. If you refused before, use "
                        "the camera symbol in the address bar and reload the page."
                    ),
                    t(
                        "**Another program uses the camera**: close it (video calls keep cameras), "
                        "then start again."
                    ),
                    t("**No camera is found**: connect one, or choose another."),
                    t(
                        "**It connects, but no picture comes**: you and this app are on "
                        "different networks. Test the connection below; the operator can "
                        "configure a relay (TURN server). Browsers also require HTTPS for every "
                        "address except `localhost`."
                    ),
                )
            )
        )
        st.fragment(show_connection_test)(servers, refused=bool(problem))


def _show_camera(
    servers: list[dict[str, Any]], link: CameraLink, watch: LiveWatch, analyzer: Analyzer
) -> LiveCamera | None:
    """Draw the camera, and return it while it is connected."""
    if not link.shown:
        return None
    mirrored = st.toggle(t("Mirrored"), value=True)
    streamer = _connect(servers, link, partial(LiveCamera, watch, analyzer, mirrored=mirrored))
    state = streamer.state
    if link.update(signalling=state.signalling, playing=state.playing, now=time.monotonic()):
        st.rerun()
    camera = streamer.video_processor if state.playing else None
    if camera is not None:
        camera.mirrored = mirrored
    return camera


def _connect(
    servers: list[dict[str, Any]], link: CameraLink, make_camera: Callable[[], LiveCamera]
) -> WebRtcStreamerContext[LiveCamera, AudioProcessorBase]:
    try:
        return webrtc_streamer(
            key="live",
            mode=WebRtcMode.SENDRECV,
            desired_playing_state=link.desired,
            video_processor_factory=make_camera,
            rtc_configuration={"iceServers": servers},
            media_stream_constraints={
                "video": {"width": {"ideal": 640}, "height": {"ideal": 480}},
                "audio": False,
            },
            async_processing=True,
            translations={
                "start": t("START"),
                "stop": t("STOP"),
                "select_device": t("SELECT DEVICE"),
            },
        )
    except SignallingTimeoutError:
        st.rerun()


def _show_waiting(link: CameraLink, watch: LiveWatch) -> None:
    """Draw the status while no picture arrives, and the last recording."""
    if link.wanted or not link.shown:
        st.fragment(run_every=1.0)(_wait)(link, watch)
        return
    if link.lost:
        st.warning(t("The camera is no longer connected. Press START to try again."))
    else:
        st.info(t("Press START. The pictures are read in this app's memory and never stored."))
    show_last_recording(watch.recording)


def _wait(link: CameraLink, watch: LiveWatch) -> None:
    """Show that the camera is connecting, until a picture arrives or the attempts are given up."""
    st.info(t("Connecting to the camera …") if link.wanted else t("Stopping the camera …"))
    if watch.is_recording:
        st.caption(t("The recording continues when the camera is connected again."))
    if link.check(time.monotonic()):
        if link.lost:
            watch.stop_recording()
        st.rerun()


def _follow_recording(recording: Recording, link: CameraLink, visit: str) -> None:
    if not recording.running:
        st.rerun()
    _keep(link, visit)
    follow_recording(recording)


def _keep(link: CameraLink, visit: str) -> None:
    """Report to `link` and to the limiter of all cameras that the visit's camera is playing."""
    now = time.monotonic()
    engine().cameras.take(visit, now)
    link.update(signalling=False, playing=True, now=now)


def _follow(watch: LiveWatch, link: CameraLink, visit: str) -> None:
    """Draw the state of the room in words."""
    _keep(link, visit)
    if watch.oneself:
        st.info(t("Only the largest face is read. The page Settings shows the purpose."))
    show_state(rounded_moods(watch.state.moods), visitor_preferences().class_size)
    show_trouble(watch.state)


def _show_timeline(watch: LiveWatch) -> None:
    show_room(Watched(rounded_moods(watch.state.moods)))


def _show_tabs(watch: LiveWatch) -> None:
    """Draw the tabs One face and Diagnostics; only the tab that is open is computed."""
    face, diagnostics = st.tabs(
        [t("One face"), t("Diagnostics")], key="live_tabs", on_change="rerun"
    )
    if face.open:
        with face:
            st.fragment(run_every=1.0)(show_one_face)(watch)
    if diagnostics.open:
        with diagnostics:
            st.fragment(run_every=1.0)(_show_diagnostics)(watch)


def _show_diagnostics(watch: LiveWatch) -> None:
    state = watch.state
    rate, age, dropped = st.columns(3)
    rate.metric(t("Frames/s"), f"{state.rate:.0f}", help=t("Frames that are read per second."))
    age.metric(t("Age, ms"), f"{1000 * state.age:.0f}", help=t("Time from a frame to its result."))
    dropped.metric(
        t("Left out"),
        state.dropped,
        help=t("Frames that were dropped because newer ones had arrived."),
    )


def offer_recording(watch: LiveWatch) -> None:
    """Draw the result of the last recording, and the form that starts a new recording."""
    show_last_recording(watch.recording)
    request = ask_recording(may_tell_apart=False)
    if request is None:
        return
    try:
        watch.record(recordings(), request, visitor_sessions())
    except RoomreadError as error:
        st.error(message_for(error, load_settings()))
    else:
        st.rerun()
