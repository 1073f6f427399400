"""Who is signed in to the app, by a cookie."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import OrderedDict

COOKIE = "roomread_session"
SESSION_SECONDS = 12 * 3600.0
_MAX_SESSIONS = 1000


class SignIns:
    """The sessions of one process; after a restart, people sign in again."""

    def __init__(self) -> None:
        # By the token's hash: a copy of the memory gives nobody a session.
        self._sessions: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, principal_id: str, now: float) -> str:
        """A new session's token, for the cookie; `now` in s."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._sessions[_hash(token)] = principal_id, now
            while len(self._sessions) > _MAX_SESSIONS:
                self._sessions.popitem(last=False)
        return token

    def whose(self, token: str, now: float) -> str | None:
        """The principal's id; None where there is no such session, or no longer."""
        with self._lock:
            principal_id, begun = self._sessions.get(_hash(token), (None, 0.0))
            return principal_id if now - begun < SESSION_SECONDS else None

    def end(self, token: str) -> None:
        """Signs out."""
        with self._lock:
            self._sessions.pop(_hash(token), None)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
