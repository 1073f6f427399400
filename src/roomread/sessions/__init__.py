"""Sessions: recorded, kept, found, exported, reported, forgotten."""

from roomread.sessions.recorder import Recorder
from roomread.sessions.records import LOCAL_OWNER, Mark, Person, Readings, Session, State
from roomread.sessions.store import SessionStore

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
