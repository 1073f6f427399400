"""Manage sign-ins that a web browser proves with a cookie."""

from __future__ import annotations

import hashlib
import secrets

from roomread.store import AccountStore

SIGN_IN_SECONDS = 12 * 3600.0
# Maximum difference between the clocks of the processes that share a store, s. A sign-in dated
# further in the future was made by a wrong clock, and would be valid for too long.
_CLOCK_SKEW = 60.0


class SignIns:
    """The sign-ins of one installation, which survive a restart.

    The store contains only a hash of each token, so that a copy of the database does not allow
    sign-in. All methods raise `DatabaseError` if the database fails, and take the time `now` in
    seconds since 1970.

    Args:
        store: The store that holds the sign-ins.
        per_principal: Number of sign-ins that one principal may have; a further sign-in ends the
            oldest sign-in of the same principal.
    """

    def __init__(self, store: AccountStore, *, per_principal: int = 100) -> None:
        self._store, self._per_principal = store, per_principal

    def begin(self, principal_id: str, now: float) -> str:
        """Sign a principal in and return the token for its cookie."""
        token = secrets.token_urlsafe(32)
        self._store.add_sign_in(
            _hash(token), principal_id, now, kept=self._per_principal, **_valid_at(now)
        )
        return token

    def principal_of(self, token: str, now: float) -> str | None:
        """Return the id of the principal that a token signs in; None if the token is not valid."""
        return self._store.sign_in(_hash(token), **_valid_at(now))

    def end(self, token: str) -> None:
        """Sign out; a no-op if the token is not valid."""
        self._store.remove_sign_in(_hash(token))


def _valid_at(now: float) -> dict[str, float]:
    """Return the oldest and newest start time of a sign-in that is valid at the time `now`."""
    return {"oldest": now - SIGN_IN_SECONDS, "newest": now + _CLOCK_SKEW}


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
