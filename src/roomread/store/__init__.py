"""Sessions: recorded, kept, found, exported, reported, forgotten."""

from roomread.store.recorder import Recorder
from roomread.store.records import LOCAL_OWNER, Mark, Person, Readings, Session, State
from roomread.store.store import SessionStore

__all__ = [
    "LOCAL_OWNER",
    "Mark",
    "Person",
    "Readings",
    "Recorder",
    "Session",
    "SessionStore",
    "State",
]
