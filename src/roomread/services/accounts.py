"""Manage who may use the service: users with passwords, programs with keys, and their scopes."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from roomread.errors import RoomreadError
from roomread.settings.folders import LOCAL_OWNER
from roomread.store import Account, AccountStore

# NIST SP 800-63B-4 requires 15 characters if a password is the only factor. Fewer are accepted here
# because sign-in is rate-limited.
MIN_PASSWORD = 12
_KEY_PREFIX = "rr"
# Stored instead of a password's hash for a user who signs in at a provider. After the first sign-in
# it is followed by the hash of the account at the provider.
_PROVIDED = "provider"


class Scope(StrEnum):
    """A permission of a key or user; no scope includes another."""

    READ = "read"
    ANALYZE = "analyze"
    MANAGE = "manage"


ALL_SCOPES = frozenset(Scope)


@dataclass(frozen=True, slots=True)
class Principal:
    """The authenticated sender of a request.

    Attributes:
        id: "user:…", "key:…", or `LOCAL_OWNER` if the service requires no sign-in. It does not
            contain the name of the user.
        scopes: The actions that the principal may perform.
    """

    id: str
    scopes: frozenset[Scope]


LOCAL = Principal(LOCAL_OWNER, ALL_SCOPES)


class Accounts:
    """The users and keys of one installation.

    Every check reads the database, so that a change takes effect in all processes immediately. All
    methods raise `DatabaseError` if the database fails.

    Args:
        store: The store that holds the users and keys.
        secret: The secret with which keys are hashed; if it is empty, the store generates and keeps
            a secret.
    """

    def __init__(self, store: AccountStore, *, secret: str = "") -> None:
        self._store = store
        self._secret = secret or store.secret()

    def derive_secret(self, purpose: str) -> str:
        """Return a secret for one purpose; it is the same in all processes of the installation."""
        return self._hash(f"purpose {purpose}")

    def is_empty(self) -> bool:
        """Return whether there is neither a user nor a key."""
        return not self._store.users() and not self._store.keys()

    def users(self) -> tuple[Account, ...]:
        """Return all users, oldest first."""
        return self._store.users()

    def keys(self) -> tuple[Account, ...]:
        """Return all keys, oldest first."""
        return self._store.keys()

    def add_key(self, name: str, scopes: Iterable[Scope]) -> str:
        """Add a key and return its text, of which only a hash is stored.

        Args:
            name: The purpose of the key.
            scopes: The actions that the key permits.
        """
        key_id, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        self._store.add_key(Account(key_id, name, self._hash(secret), tuple(scopes), time.time()))
        return f"{_KEY_PREFIX}_{key_id}_{secret}"

    def add_user(self, name: str, password: str | None, scopes: Iterable[Scope]) -> None:
        """Add a user.

        Args:
            name: The name to sign in with.
            password: The password; None for a user who signs in at a provider, which reports the
                name.
            scopes: The actions that the user may perform.

        Raises:
            RoomreadError: A user of this name exists, or the password is too short.
        """
        if password is not None and len(password) < MIN_PASSWORD:
            raise RoomreadError(
                f"the password has fewer than {MIN_PASSWORD} characters",
                hint="choose a longer one, such as a few words",
            )
        hashed = PasswordHasher().hash(password) if password is not None else _PROVIDED
        user = Account(secrets.token_hex(4), name, hashed, tuple(scopes), time.time())
        if not self._store.add_user(user):
            raise RoomreadError(f"there is already a user '{name}'", hint="remove that user first")

    def revoke_key(self, key_id: str) -> None:
        """Remove a key, which is refused from now on.

        Raises:
            RoomreadError: No key has this id.
        """
        if not self._store.remove_key(key_id):
            raise RoomreadError(f"there is no key '{key_id}'")

    def remove_user(self, name: str) -> None:
        """Remove a user, who is signed out at once.

        Raises:
            RoomreadError: No user has this name.
        """
        if not self._store.remove_user(name):
            raise RoomreadError(f"there is no user '{name}'")

    def check_key(self, text: str) -> Principal | None:
        """Return the principal of a key, or None if the key is invalid or was revoked."""
        parts = text.split("_", 2)
        if len(parts) != 3 or parts[0] != _KEY_PREFIX or not _is_plain(text):
            return None
        key = self._store.key(parts[1])
        # Compute the hash even if the key does not exist, so that the response time does not reveal
        # ids.
        hashed = self._hash(parts[2])
        if key is None or not hmac.compare_digest(key.hash, hashed):
            return None
        return _principal("key", key)

    def check_password(self, name: str, password: str) -> Principal | None:
        """Return the principal of a user, or None if the name or the password is wrong.

        Deliberately slow (about 50 ms) to make guessing expensive.
        """
        user = self._store.user_named(name) if _is_plain(name) else None
        if user is not None and user.hash.startswith(_PROVIDED):
            user = None
        try:
            # Verify a hash for an unknown name too, so that the response time does not reveal
            # names.
            PasswordHasher().verify(user.hash if user is not None else _unknown_hash(), password)
        except (VerifyMismatchError, InvalidHashError):
            return None
        return _principal("user", user) if user is not None else None

    def check_provided(self, name: str, account: str) -> Principal | None:
        """Return the principal of a user who signed in at a provider, or None if no user matches.

        At the first sign-in the user is bound to the account at the provider. From then on the
        user is recognised by this account and not by the name, since providers reassign names and
        addresses, but never subjects (OpenID Connect Core 1.0, section 5.7).

        Args:
            name: The user's name at the provider.
            account: The issuer and the subject that identify the account at the provider.
        """
        bound = f"{_PROVIDED} {self._hash(account)}"
        user = self._store.user_hashed(bound)
        if user is not None:
            return _principal("user", user)
        for user in self._store.users():
            if user.hash == _PROVIDED and user.name.casefold() == name.casefold():
                bound_now = self._store.replace_hash(user, bound)
                return _principal("user", user) if bound_now else None
        return None

    def principal_of(self, principal_id: str) -> Principal | None:
        """Return a user's principal with its present scopes, or None if the user was removed."""
        kind, _, user_id = principal_id.partition(":")
        user = self._store.user(user_id) if kind == "user" else None
        return _principal("user", user) if user is not None else None

    def _hash(self, text: str) -> str:
        return hmac.new(self._secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def _principal(kind: str, account: Account) -> Principal:
    return Principal(f"{kind}:{account.id}", frozenset(map(Scope, account.scopes)))


def _is_plain(text: str) -> bool:
    """Return whether a text is printable; PostgreSQL rejects NUL characters."""
    return "\0" not in text and text.isprintable()


@cache
def _unknown_hash() -> str:
    """Return a random password's hash, which takes as long to verify as the hash of a user."""
    return PasswordHasher().hash(secrets.token_urlsafe(32))
