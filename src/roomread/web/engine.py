"""Access the engine that reads pictures and videos, and wait for a turn to use the engine."""

from __future__ import annotations

from contextlib import AbstractContextManager

import streamlit as st

from roomread.services.engine import Engine, served_engine
from roomread.settings.environment import load_settings
from roomread.web.texts import t

# Maximum time that a visitor waits for a turn, s.
_MAX_WAIT = 30.0


@st.cache_resource(show_spinner=False, on_release=Engine.close)
def _own_engine() -> Engine:
    return Engine(load_settings())


def engine() -> Engine:
    """Return the service's engine, or an engine of this process if Streamlit runs alone."""
    served = served_engine()
    if served is not None:
        return served
    with st.spinner(t("Loading the nets …")):
        return _own_engine()


def turn(holder: str) -> AbstractContextManager[None]:
    """Return a context manager that waits for a turn to read pictures, in the API's queue.

    Args:
        holder: The id of the visitor.

    Raises:
        BusyError: no turn was free in time, because other requests use the processors.
    """
    return engine().limiter.turn(patience=_MAX_WAIT, holder=holder)
