"""Who is signed in with a cookie."""

from __future__ import annotations

import hashlib
import secrets

from roomread.store import AccountStore

SIGN_IN_SECONDS = 12 * 3600.0


class SignIns:
    """The sign-ins of one installation, which survive a restart.

    The store holds a hash of each token, so that a copy of it is useless. All methods raise
    `DatabaseError` if the database fails, and take the time `now` in seconds since 1970.

    Args:
        store: The store that holds them.
    """

    def __init__(self, store: AccountStore) -> None:
        self._store = store

    def begin(self, principal_id: str, now: float) -> str:
        """Sign a principal in and return the token for its cookie."""
        token = secrets.token_urlsafe(32)
        oldest = now - SIGN_IN_SECONDS
        self._store.add_sign_in(_hash(token), principal_id, now, oldest=oldest)
        return token

    def principal_of(self, token: str, now: float) -> str | None:
        """Return the id of the principal that a token signs in; None if it is not valid."""
        return self._store.sign_in(_hash(token), oldest=now - SIGN_IN_SECONDS)

    def end(self, token: str) -> None:
        """Sign out; nothing happens if the token is not valid."""
        self._store.remove_sign_in(_hash(token))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
