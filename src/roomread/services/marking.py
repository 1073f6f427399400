"""Set marks in a session that is being recorded."""

from __future__ import annotations

from roomread.errors import SessionError
from roomread.store import Mark, OwnerStore, State


class SessionNotRunningError(SessionError):
    """The present moment cannot be marked, because the session is not being recorded."""


def mark_now(store: OwnerStore, session_id: str, label: str) -> Mark:
    """Mark the present moment of a session that is being recorded.

    The present is the time of the newest mood or reading: for a camera the time now, for a file the
    position up to which the file has been read.

    Args:
        store: The sessions of the owner.
        session_id: The full id of the session.
        label: The name of what begins at this moment, such as "group work".

    Raises:
        SessionNotFoundError: The owner has no such session.
        SessionNotRunningError: The session is not being recorded.
        SessionError: The label is empty.
    """
    session = store.session(session_id)
    if session.state() is not State.RECORDING:
        raise SessionNotRunningError(f"session {session_id} is not being recorded")
    made = Mark(store.last_time(session_id) or 0.0, label)
    store.mark(session_id, [made])
    return made
