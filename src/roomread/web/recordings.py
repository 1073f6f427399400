"""Access the recordings of this process, and check which visitors may record."""

from __future__ import annotations

import streamlit as st

from roomread.services.background_recording import RecordingQueue
from roomread.services.engine import served_engine
from roomread.settings.environment import Settings, load_settings
from roomread.store import OwnerStore, Store
from roomread.web.engine import engine
from roomread.web.visitor import is_signed_in, owner


def recordings() -> RecordingQueue:
    """Return the queue with the recordings of this process.

    Raises:
        DatabaseError: the database of the sessions cannot be opened.
        MissingExtraError: the settings name a PostgreSQL database, and its extra is not installed.
    """
    settings = load_settings()
    return _recordings(settings, settings.store_url)


@st.cache_resource(on_release=RecordingQueue.close)
def _recordings(_settings: Settings, url: str) -> RecordingQueue:
    return RecordingQueue(Store(url), lambda: engine().analyzer, alerts=lambda: engine().alerts)


def visitor_sessions() -> OwnerStore:
    """Return the store of this visitor's sessions; raise the same errors as `recordings`."""
    return recordings().store.owned_by(owner())


def may_record() -> bool:
    """Return whether this visitor may record: a signed-in user, or this computer's own user."""
    return served_engine() is not None and (load_settings().local_files or is_signed_in())
