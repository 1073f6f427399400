"""The webcam, read while it runs."""

from __future__ import annotations

import time
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

from roomread.errors import RoomreadError
from roomread.services.capacity import CameraSlots
from roomread.settings.environment import load_settings
from roomread.web.camera import (
    CALIBRATION_SECONDS,
    HISTORY_SECONDS,
    CameraLink,
    LiveCamera,
    LiveState,
)
from roomread.web.connection_test import show_connection_test
from roomread.web.engine import engine
from roomread.web.ice import ice_servers
from roomread.web.score_charts import score_bars, score_lines
from roomread.web.visitor import visitor_analyzer

_TROUBLE = """
- **The browser asks for the camera**: allow it. If you refused once, use the camera symbol in the
  address bar and load the page anew.
- **Another program has the camera**: close it (video calls keep it), then press START again.
- **No camera is found**: plug one in, or choose another with SELECT DEVICE.
- **It connects and no picture comes**: you and this app are on different networks. Test the
  connection below; the operator sets a relay (TURN server) in `ROOMREAD_ICE_SERVERS`. Browsers also
  want HTTPS for any address but `localhost`.
"""
# What a visitor sees as late.
_LATE_SECONDS = 0.5


_CALIBRATION = (
    "Nobody's resting face is the average one. The face nearest to the camera is looked at for ten "
    "seconds, and read against its own neutral until the camera stops. Only vectors are kept, in "
    "memory."
)


def show() -> None:
    """The page."""
    st.title("Live")
    settings = load_settings()
    context = get_script_run_ctx()
    visitor = context.session_id if context is not None else ""
    slots = engine().cameras
    if not slots.take(visitor, time.monotonic()):
        st.warning(
            f"{slots.count} cameras are being read, as many as this installation takes. "
            "Try again in a minute."
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
    camera: LiveCamera | None = None
    left, right = st.columns([3, 2])
    with left:
        if link.shown:
            camera = _camera(servers, link, mirrored=mirrored)
        if link.wanted:
            st.button("Stop the camera", on_click=lambda: link.stop(time.monotonic()))
        with st.expander("The camera does not start?"):
            st.markdown(_TROUBLE)
            st.fragment(show_connection_test)(servers)
    with right:
        if camera is not None:
            camera.mirrored = mirrored
            _follow(camera, link, slots, visitor)
        elif link.wanted or not link.shown:
            _wait(link)
        elif link.lost:
            st.warning("The camera is no longer connected. Press START to try again.")
        else:
            st.info("Press START. The picture is read in this app's memory and never stored.")


def _camera(
    servers: list[dict[str, Any]], link: CameraLink, *, mirrored: bool
) -> LiveCamera | None:
    """The camera on the page; what reads it, while it is connected."""
    streamer = _connect(servers, link, mirrored=mirrored)
    state = streamer.state
    if link.update(signalling=state.signalling, playing=state.playing, now=time.monotonic()):
        st.rerun()
    return streamer.video_processor if state.playing else None


def _connect(
    servers: list[dict[str, Any]], link: CameraLink, *, mirrored: bool
) -> WebRtcStreamerContext[LiveCamera, AudioProcessorBase]:
    analyzer = visitor_analyzer()
    try:
        return webrtc_streamer(
            key="live",
            mode=WebRtcMode.SENDRECV,
            desired_playing_state=link.desired,
            video_processor_factory=lambda: LiveCamera(analyzer, mirrored=mirrored),
            rtc_configuration={"iceServers": servers},
            media_stream_constraints={
                "video": {"width": {"ideal": 640}, "height": {"ideal": 480}},
                "audio": False,
            },
            async_processing=True,
        )
    except SignallingTimeoutError:
        # This computer was too busy to answer in ten seconds; the browser still waits.
        link.update(signalling=True, playing=False, now=time.monotonic())
        st.rerun()


@st.fragment(run_every=1.0)
def _follow(camera: LiveCamera, link: CameraLink, slots: CameraSlots, visitor: str) -> None:
    now = time.monotonic()
    slots.take(visitor, now)
    link.update(signalling=False, playing=True, now=now)
    _offer_calibration(camera)
    _show_state(camera.state)


@st.fragment(run_every=1.0)
def _wait(link: CameraLink) -> None:
    """Until there is a picture, or no hope of one."""
    st.info("Connecting to the camera …" if link.wanted else "Stopping the camera …")
    if link.check(time.monotonic()):
        st.rerun()


def _offer_calibration(camera: LiveCamera) -> None:
    """Ten seconds of a relaxed face, so that a resting frown is not called sad."""
    left = camera.calibrating
    if left is not None:
        done = 1 - left / CALIBRATION_SECONDS
        st.progress(done, text=f"Look at the camera, relaxed: {left:.0f} s")
        return
    if camera.calibrated:
        _show_calibration(camera)
    again = "again " if camera.calibrated else ""
    if st.button(f"Learn my neutral face {again}(10 s)", help=_CALIBRATION):
        camera.calibrate()


def _show_calibration(camera: LiveCamera) -> None:
    trial = camera.trial
    if trial is None:
        st.warning("Your face was seen too seldom to learn from. Is there enough light?")
    elif trial.helps:
        st.success(
            f"Your neutral face is known until this camera stops: its probability was "
            f"{trial.before:.0%} and is {trial.after:.0%}."
        )
        if st.button("Forget it"):
            camera.forget_calibration()
    elif trial.right == trial.general == trial.references:
        st.info("Your neutral face is read as neutral without it: nothing was changed.")
    else:
        st.warning(f"It would not help, so nothing was changed: {trial}.")


def _show_state(state: LiveState) -> None:
    rate, age, dropped = st.columns(3)
    rate.metric("Frames/s", f"{state.rate:.0f}", help="Frames read in a second.")
    age.metric("Age, ms", f"{1000 * state.age:.0f}", help="From a frame to its result.")
    dropped.metric("Left out", state.dropped, help="Frames that newer ones overtook.")
    if state.age > _LATE_SECONDS:
        st.warning("This computer is behind: too much is being read at once.")
    if state.no_picture is not None:
        st.warning(str(state.no_picture).capitalize())
        return
    if state.busy:
        st.warning(state.busy)
        return
    if not state.readings:
        st.info("No face is seen.")
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
    st.altair_chart(score_bars(reading.scores), width="stretch")
    rows = state.history.get(key, ()) if key is not None else ()
    times = [then - state.now for then, _ in rows]
    st.altair_chart(
        score_lines(times, [scores for _, scores in rows], seconds=HISTORY_SECONDS),
        width="stretch",
    )
