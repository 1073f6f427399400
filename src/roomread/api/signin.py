"""Who is signed in to the app, by a cookie."""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from collections import OrderedDict
from pathlib import Path

from roomread.api.logs import log
from roomread.errors import OutputError
from roomread.media import atomic_path

COOKIE = "roomread_session"
SESSION_SECONDS = 12 * 3600.0
_MAX_SESSIONS = 1000


class SignIns:
    """Who is signed in, in a file that only its owner may read; it survives a restart.

    Args:
        path: the file; its folder is there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        # The principal's id and when it came (s since 1970), by the token's hash: a copy of the
        # file gives nobody a session.
        self._sessions: OrderedDict[str, tuple[str, float]] = self._read()

    def begin(self, principal_id: str, now: float) -> str:
        """A new session's token, for the cookie; `now` in s since 1970."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._sessions[_hash(token)] = principal_id, now
            while len(self._sessions) > _MAX_SESSIONS:
                self._sessions.popitem(last=False)
            self._write(now)
        return token

    def whose(self, token: str, now: float) -> str | None:
        """The principal's id; None where there is no such session, or no longer."""
        with self._lock:
            principal_id, begun = self._sessions.get(_hash(token), (None, 0.0))
            return principal_id if now - begun < SESSION_SECONDS else None

    def end(self, token: str, now: float) -> None:
        """Signs out."""
        with self._lock:
            if self._sessions.pop(_hash(token), None) is not None:
                self._write(now)

    def _read(self) -> OrderedDict[str, tuple[str, float]]:
        try:
            rows = json.loads(self._path.read_text(encoding="utf-8"))
            return OrderedDict((str(k), (str(who), float(begun))) for k, (who, begun) in rows)
        except FileNotFoundError:
            return OrderedDict()
        except (OSError, ValueError, TypeError):
            log("sign-ins cannot be read: people sign in again")
            return OrderedDict()

    def _write(self, now: float) -> None:
        old = [k for k, (_, begun) in self._sessions.items() if now - begun >= SESSION_SECONDS]
        for key in old:
            del self._sessions[key]
        try:
            with atomic_path(self._path, private=True) as draft:
                draft.write_text(json.dumps(list(self._sessions.items())), encoding="utf-8")
        except OutputError:
            log("sign-ins cannot be written: they end with this process")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
