"""The nets that read the pictures of all visitors, and whose turn it is."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from roomread.errors import BusyError
from roomread.services.engine import Engine, served_engine
from roomread.settings.environment import load_settings

# After this a visitor is told to come again, so that no connection is held open for longer, s.
_MAX_WAIT = 30.0


@st.cache_resource(show_spinner="Loading the nets …", on_release=Engine.close)
def _own_engine() -> Engine:
    return Engine(load_settings())


def engine() -> Engine:
    """Return the engine of the service, or one of this process where Streamlit runs alone."""
    return served_engine() or _own_engine()


@contextmanager
def turn() -> Iterator[None]:
    """Wait for a turn to have pictures read; as many run at once as there are processors.

    Raises:
        BusyError: other visitors have kept the processors busy for too long.
    """
    turns = _turns()
    if not turns.acquire(timeout=_MAX_WAIT):
        raise BusyError("this app reads pictures of others", seconds=60)
    try:
        yield
    finally:
        turns.release()


@st.cache_resource
def _turns() -> threading.Semaphore:
    return threading.BoundedSemaphore(os.cpu_count() or 1)
