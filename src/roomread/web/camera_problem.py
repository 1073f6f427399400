"""Detect in the browser why a camera did not start, and explain it to the visitor."""

from __future__ import annotations

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from roomread.web.texts import t

# streamlit-webrtc asks for the camera inside its own frame and does not report why that failed.
# This script wraps the function that it calls there.
_SCRIPT = """
const wrapped = new WeakSet();
const watched = new WeakSet();

export default function ({ setStateValue }) {
  const wrap = (frame) => {
    const media = frame.contentWindow?.navigator?.mediaDevices;
    if (!media || wrapped.has(media)) return;
    wrapped.add(media);
    const ask = media.getUserMedia.bind(media);
    media.getUserMedia = async (wanted) => {
      try {
        return await ask(wanted);
      } catch (error) {
        setStateValue("problem", error.name);
        throw error;
      }
    };
  };
  const look = () => {
    for (const frame of document.querySelectorAll('iframe[src*="streamlit_webrtc"]')) {
      wrap(frame);
      if (watched.has(frame)) continue;
      watched.add(frame);
      frame.addEventListener("load", () => wrap(frame));
    }
  };
  look();
  const observer = new MutationObserver(look);
  observer.observe(document.body, { childList: true, subtree: true });
  return () => observer.disconnect();
}
"""
_ATTEMPT = "camera_attempt"


@st.cache_resource
def _component() -> ComponentRenderer:
    return st.components.v2.component("roomread.camera_problem", js=_SCRIPT)


def camera_problem() -> str:
    """Return the browser's name for the last error of the camera; empty if there was no error."""
    attempt = st.session_state.setdefault(_ATTEMPT, 0)
    found = _component()(key=f"camera-problem-{attempt}", on_problem_change=lambda: None)
    return str(found.problem or "")


def forget_problem() -> None:
    """Forget the camera's last error, before the visitor tries to start the camera again."""
    st.session_state[_ATTEMPT] = st.session_state.get(_ATTEMPT, 0) + 1


def explain_problem(problem: str) -> str:
    """Explain why the camera did not start, and what to do.

    Args:
        problem: The browser's name for the error, such as "NotAllowedError".
    """
    if problem in ("NotAllowedError", "SecurityError"):
        return t(
            "The browser does not let this page use the camera. Allow it with the camera symbol in "
            "the address bar, then try again."
        )
    if problem in ("NotFoundError", "OverconstrainedError"):
        return t("No camera was found. Connect one, then try again.")
    if problem in ("NotReadableError", "AbortError"):
        return t("Another program uses the camera. Close it, then try again.")
    return t("The camera did not start: {problem}.", problem=problem)
