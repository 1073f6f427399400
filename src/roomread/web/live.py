"""The page Watch now: the visitor's webcam, read while it runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit_webrtc import (
    AudioProcessorBase,
    WebRtcMode,
    WebRtcStreamerContext,
    webrtc_streamer,
)
from streamlit_webrtc.webrtc import SignallingTimeoutError

from roomread import Analyzer
from roomread.errors import RoomreadError
from roomread.formats.score_charts import score_bars, score_lines
from roomread.services.calibration import CALIBRATION_SECONDS
from roomread.services.capacity import CameraSlots
from roomread.services.watch import HISTORY_SECONDS, LiveState, LiveWatch
from roomread.settings.environment import load_settings
from roomread.web.camera_link import CameraLink
from roomread.web.connection_test import show_connection_test
from roomread.web.engine import engine
from roomread.web.ice import ice_servers
from roomread.web.live_camera import LiveCamera
from roomread.web.live_room import offer_recording, show_last_recording, show_recording, show_room
from roomread.web.svg import show_svg
from roomread.web.texts import t
from roomread.web.visitor import owner, visitor_analyzer

_TROUBLE = """
- **The browser asks for the camera**: allow it. If you refused before, use the camera symbol in the
  address bar and reload the page.
- **Another program uses the camera**: close it (video calls keep cameras), then press START again.
- **No camera is found**: connect one, or choose another with SELECT DEVICE.
- **It connects, but no picture comes**: you and this app are on different networks. Test the
  connection below; the operator sets a relay (TURN server) in `ROOMREAD_ICE_SERVERS`. Browsers also
  require HTTPS for every address except `localhost`.
"""
# Delay above which a warning is shown, s.
_LATE_SECONDS = 0.5


_CALIBRATION = (
    "A resting face is rarely a neutral one to the net. The face nearest to the camera is watched "
    "for ten seconds, and from then on read against its own neutral until the camera stops. Only "
    "vectors are kept, in memory."
)


def show() -> None:
    """Draw the page."""
    st.title(t("Watch now"))
    settings = load_settings()
    context = get_script_run_ctx()
    visit = context.session_id if context is not None else ""
    slots = engine().cameras
    if not slots.take(visit, time.monotonic(), holder=owner()):
        st.warning(
            f"{slots.count} cameras are being read, which is the most that this installation "
            "takes. Try again in a minute."
        )
        return
    try:
        servers = ice_servers(settings)
    except RoomreadError as error:
        st.warning(f"Cameras on other networks may not connect: {error}")
        servers = list(settings.ice_servers)
    mirrored = st.toggle("Mirrored", value=True)
    link: CameraLink = st.session_state.setdefault("camera_link", CameraLink())
    link.check(time.monotonic())
    analyzer = visitor_analyzer()
    watch = _watch(link, analyzer)
    camera: LiveCamera | None = None
    left, right = st.columns([3, 2])
    with left:
        if link.shown:
            reads = partial(LiveCamera, watch, analyzer, mirrored=mirrored)
            camera = _show_camera(servers, link, reads)
        if link.wanted:
            st.button("Stop the camera", on_click=_stop, args=(link, watch))
        with st.expander("The camera does not start?"):
            st.markdown(_TROUBLE)
            st.fragment(show_connection_test)(servers)
    with right:
        if camera is not None:
            camera.mirrored = mirrored
            # The page may have been redrawn since this camera and its watch were created.
            watch = st.session_state["live_watch"] = camera.watch
            if watch.oneself:
                st.info("Only the largest face is read: see the page About.")
            st.fragment(offer_recording)(watch)
            _follow(watch, link, slots, visit)
        elif link.wanted or not link.shown:
            _wait(link, watch)
        else:
            if link.lost:
                st.warning("The camera is no longer connected. Press START to try again.")
            else:
                st.info("Press START. The picture is read in this app's memory and never stored.")
            show_last_recording(watch)


def _watch(link: CameraLink, analyzer: Analyzer) -> LiveWatch:
    """Return the watch for the next camera: that of a lost connection, or a new one."""
    watch: LiveWatch | None = st.session_state.get("live_watch")
    if watch is None or not link.wanted:
        previous, watch = watch, LiveWatch(analyzer)
        watch.recording = previous.recording if previous is not None else None
        st.session_state["live_watch"] = watch
    return watch


def _stop(link: CameraLink, watch: LiveWatch) -> None:
    watch.stop_recording()
    link.stop(time.monotonic())


def _show_camera(
    servers: list[dict[str, Any]],
    link: CameraLink,
    make_camera: Callable[[], LiveCamera],
) -> LiveCamera | None:
    """Draw the camera, and return it while it is connected."""
    streamer = _connect(servers, link, make_camera)
    state = streamer.state
    if link.update(signalling=state.signalling, playing=state.playing, now=time.monotonic()):
        st.rerun()
    return streamer.video_processor if state.playing else None


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
        )
    except SignallingTimeoutError:
        # This computer was too busy to answer within ten seconds; the browser is still waiting.
        link.update(signalling=True, playing=False, now=time.monotonic())
        st.rerun()


@st.fragment(run_every=1.0)
def _follow(watch: LiveWatch, link: CameraLink, slots: CameraSlots, visit: str) -> None:
    now = time.monotonic()
    slots.take(visit, now)
    link.update(signalling=False, playing=True, now=now)
    show_recording(watch)
    show_room(watch.state)
    _offer_calibration(watch)
    _show_state(watch.state)


@st.fragment(run_every=1.0)
def _wait(link: CameraLink, watch: LiveWatch) -> None:
    """Show that the camera is connecting, until there is a picture or the attempts end."""
    st.info("Connecting to the camera …" if link.wanted else "Stopping the camera …")
    if watch.is_recording:
        st.caption("The recording goes on when the camera is connected again.")
    if link.check(time.monotonic()):
        if link.lost:
            watch.stop_recording()
        st.rerun()


def _offer_calibration(watch: LiveWatch) -> None:
    """Draw the button, the progress or the result of calibrating the neutral face."""
    left = watch.calibrating
    if left is not None:
        done = 1 - left / CALIBRATION_SECONDS
        st.progress(done, text=f"Look at the camera, relaxed: {left:.0f} s")
        return
    if watch.calibrated:
        _show_calibration(watch)
    again = "again " if watch.calibrated else ""
    if st.button(f"Learn my neutral face {again}(10 s)", help=_CALIBRATION):
        watch.calibrate()


def _show_calibration(watch: LiveWatch) -> None:
    trial = watch.trial
    if watch.not_resting is not None:
        st.warning(
            f"Your face showed {watch.not_resting} most of the time, so nothing was learnt. Relax "
            "it and try again."
        )
    elif trial is None:
        st.warning("Your face was readable too rarely to learn from it. Is there enough light?")
    elif trial.helps:
        st.success(
            f"Your neutral face is known until this camera stops: the probability of neutral rose "
            f"from {trial.before:.0%} to {trial.after:.0%}."
        )
        if st.button("Forget it"):
            watch.forget_calibration()
    elif trial.right == trial.general == trial.references:
        st.info("Your neutral face is read as neutral already: nothing was changed.")
    else:
        st.warning(f"Calibration would not help, so nothing was changed: {trial}.")


def _show_state(state: LiveState) -> None:
    rate, age, dropped = st.columns(3)
    rate.metric("Frames/s", f"{state.rate:.0f}", help="Frames that are read per second.")
    age.metric("Age, ms", f"{1000 * state.age:.0f}", help="Time from a frame to its result.")
    dropped.metric(
        "Left out", state.dropped, help="Frames that were dropped because newer ones had come."
    )
    if state.age > _LATE_SECONDS:
        st.warning("Results are late: this computer is reading too much at once.")
    if state.no_picture is not None:
        st.warning(str(state.no_picture).capitalize())
        return
    if state.busy:
        st.warning(state.busy)
        return
    if not state.readings:
        st.info("No face is found.")
        return
    keys = [reading.person_key for reading in state.readings]
    chosen = st.selectbox("Face", keys, format_func=lambda key: f"#{key}", key="track")
    reading = state.readings[keys.index(chosen) if chosen in keys else 0]
    key = reading.person_key
    if reading.scores is None:
        st.info(f"Face #{key} cannot be read: {reading.quality.reason}.")
        return
    states = "".join(f" + {name}" for name in reading.shown_states)
    st.markdown(f"**#{key}: {reading.scores}{states}**")
    show_svg(score_bars(reading.scores), key="live_scores", wide=False)
    rows = state.history.get(key, ()) if key is not None else ()
    times = [then - state.now for then, _ in rows]
    lines = score_lines(times, [scores for _, scores in rows], seconds=HISTORY_SECONDS)
    show_svg(lines, key="live_lines")
