"""Who may come in: users with passwords, programs with keys, and what each may do."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from filelock import FileLock

from roomread.errors import OutputError, RoomreadError
from roomread.media import atomic_path, make_folder
from roomread.settings.folders import LOCAL_OWNER

# NIST SP 800-63B-4 asks for 15 where a password is all there is; we sit behind a rate limit.
MIN_PASSWORD = 12
_KEY_PREFIX = "rr"
# In the place of a password's hash, which begins otherwise; with the account's hash after it from
# the first sign-in on.
_PROVIDED = "provider"


class Scope(StrEnum):
    """What a key or a user may do; none includes another."""

    READ = "read"
    ANALYZE = "analyze"
    MANAGE = "manage"


ALL_SCOPES = frozenset(Scope)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks.

    Attributes:
        id: "user:…", "key:…", or `LOCAL_OWNER` where no sign-in is asked for; not a name.
        scopes: what it may do.
    """

    id: str
    scopes: frozenset[Scope]


LOCAL = Principal(LOCAL_OWNER, ALL_SCOPES)


@dataclass(frozen=True, slots=True)
class Entry:
    """A user or a key, as it is kept.

    Attributes:
        id: public and not a name: it stands in logs.
        name: for people.
        hash: of the password (Argon2id) or of the key (HMAC-SHA256: it is 256 random bits);
            "provider", and their account there once they came, of a user whom a provider knows.
        scopes: what it may do.
        created: seconds since 1970.
    """

    id: str
    name: str
    hash: str
    scopes: tuple[Scope, ...]
    created: float

    def principal(self, kind: str) -> Principal:
        """Who comes in with it."""
        return Principal(f"{kind}:{self.id}", frozenset(self.scopes))


@dataclass(frozen=True, slots=True)
class _Book:
    """Everything in the file; never changed, only replaced."""

    pepper: str
    users: tuple[Entry, ...] = ()
    keys: tuple[Entry, ...] = ()


@dataclass(slots=True)
class Access:
    """The users and keys of one installation, in a file that only its owner may read.

    A change by another process, as `roomread keys revoke` makes it, counts at once.

    Args:
        path: the file; made when something is added.
    """

    path: Path
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _read: tuple[int, _Book] | None = None

    def is_empty(self) -> bool:
        """Whether nobody could sign in."""
        book = self._book()
        return not book.users and not book.keys

    def users(self) -> tuple[Entry, ...]:
        """The users, oldest first."""
        return self._book().users

    def keys(self) -> tuple[Entry, ...]:
        """The keys, oldest first."""
        return self._book().keys

    def add_key(self, name: str, scopes: Iterable[Scope]) -> str:
        """Makes a key and returns its text, which is kept nowhere.

        Raises:
            OutputError: the file cannot be written.
        """
        number, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        with self._changing() as book:
            entry = Entry(number, name, _hash(secret, book), tuple(scopes), time.time())
            self._write(replace(book, keys=(*book.keys, entry)))
        return f"{_KEY_PREFIX}_{number}_{secret}"

    def add_user(self, name: str, password: str | None, scopes: Iterable[Scope]) -> None:
        """Makes a user.

        Args:
            name: to sign in with.
            password: None for one who signs in at a provider, which tells their name.
            scopes: what they may do.

        Raises:
            RoomreadError: there is one of this name, or the password is too short.
            OutputError: the file cannot be written.
        """
        if password is not None and len(password) < MIN_PASSWORD:
            raise RoomreadError(
                f"the password has under {MIN_PASSWORD} characters", hint="take a few words"
            )
        hashed = PasswordHasher().hash(password) if password is not None else _PROVIDED
        entry = Entry(secrets.token_hex(4), name, hashed, tuple(scopes), time.time())
        with self._changing() as book:
            if any(user.name == name for user in book.users):
                raise RoomreadError(f"there is a user '{name}' already", hint="remove it first")
            self._write(replace(book, users=(*book.users, entry)))

    def revoke_key(self, number: str) -> None:
        """Makes a key worthless, from now on.

        Raises:
            RoomreadError: there is none of this id.
        """
        with self._changing() as book:
            left = tuple(key for key in book.keys if key.id != number)
            self._write(replace(book, keys=_checked("key", number, book.keys, left)))

    def remove_user(self, name: str) -> None:
        """Removes a user, who is signed out at once.

        Raises:
            RoomreadError: there is none of this name.
        """
        with self._changing() as book:
            left = tuple(user for user in book.users if user.name != name)
            self._write(replace(book, users=_checked("user", name, book.users, left)))

    def check_key(self, text: str) -> Principal | None:
        """Who comes with this key; None where it is no key, or no longer."""
        parts = text.split("_", 2)
        if len(parts) != 3 or parts[0] != _KEY_PREFIX or not text.isascii():
            return None
        book = self._book()
        hashed = _hash(parts[2], book)
        for entry in book.keys:
            if entry.id == parts[1] and hmac.compare_digest(entry.hash, hashed):
                return entry.principal("key")
        return None

    def check_password(self, name: str, password: str) -> Principal | None:
        """Who comes with this password; None where it is wrong. Takes some 50 ms on purpose."""
        users = (user for user in self._book().users if not user.hash.startswith(_PROVIDED))
        user = next((user for user in users if user.name == name), None)
        try:
            # An unknown name takes as long as a known one.
            PasswordHasher().verify(user.hash if user is not None else _nobody(), password)
        except (VerifyMismatchError, InvalidHashError):
            return None
        return user.principal("user") if user is not None else None

    def provided(self, name: str, account: str) -> Principal | None:
        """The user whom a provider named; None where there is none who signs in so.

        A name is given once: from the first sign-in on the user is that account, whatever its
        name, and another account of the same name is nobody (OpenID Connect Core 1.0, section
        5.7: addresses and names are given to others in time, subjects never).

        Args:
            name: what the provider calls them.
            account: the issuer and its subject.

        Raises:
            OutputError: the file cannot be written.
        """
        book = self._book()
        bound = f"{_PROVIDED} {_hash(account, book)}"
        for user in book.users:
            if hmac.compare_digest(user.hash, bound):
                return user.principal("user")
        with self._changing() as book:
            for user in book.users:
                if user.hash == _PROVIDED and user.name.casefold() == name.casefold():
                    known = replace(user, hash=bound)
                    users = tuple(known if each is user else each for each in book.users)
                    self._write(replace(book, users=users))
                    return known.principal("user")
        return None

    def user(self, principal_id: str) -> Principal | None:
        """The user of an id, as it is now; None where it was removed."""
        users = (user.principal("user") for user in self._book().users)
        return next((user for user in users if user.id == principal_id), None)

    def _book(self) -> _Book:
        with self._lock:
            try:
                changed = self.path.stat().st_mtime_ns
            except (FileNotFoundError, NotADirectoryError):
                return self._read[1] if self._read and self._read[0] == 0 else self._new()
            except OSError as error:
                problem = f"{self.path}: cannot be read: {error.strerror}"
                raise RoomreadError(problem, hint="check its permissions") from error
            if self._read is None or self._read[0] != changed:
                self._read = changed, _parse(self.path)
            return self._read[1]

    def _new(self) -> _Book:
        self._read = 0, _Book(secrets.token_hex(32))
        return self._read[1]

    @contextmanager
    def _changing(self) -> Iterator[_Book]:
        """What is there now, while nobody else changes it, in this process or another."""
        make_folder(self.path.parent, private=True)
        try:
            lock = FileLock(self.path.with_suffix(".lock"), mode=0o600).acquire()
        except OSError as error:
            problem = f"{self.path}: cannot be changed: {error.strerror}"
            raise OutputError(problem, hint="check the folder's permissions") from error
        with lock:
            # Two changes may bear the same time.
            self._read = None
            yield self._book()

    def _write(self, book: _Book) -> None:
        with atomic_path(self.path, private=True) as draft:
            draft.write_text(json.dumps(asdict(book), indent=1), encoding="utf-8")


@cache
def _nobody() -> str:
    """The hash of a password that nobody knows."""
    return PasswordHasher().hash(secrets.token_urlsafe(32))


def _hash(secret: str, book: _Book) -> str:
    return hmac.new(bytes.fromhex(book.pepper), secret.encode(), hashlib.sha256).hexdigest()


def _parse(path: Path) -> _Book:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return _Book(values["pepper"], _entries(values["users"]), _entries(values["keys"]))
    except (OSError, ValueError, TypeError, KeyError) as error:
        problem = f"{path}: users and keys cannot be read"
        raise RoomreadError(problem, hint="restore it, or remove it and make them anew") from error


def _entries(rows: list[dict[str, Any]]) -> tuple[Entry, ...]:
    return tuple(Entry(**row | {"scopes": tuple(map(Scope, row["scopes"]))}) for row in rows)


def _checked(
    kind: str, value: str, entries: tuple[Entry, ...], left: tuple[Entry, ...]
) -> tuple[Entry, ...]:
    if len(left) == len(entries):
        raise RoomreadError(f"there is no {kind} '{value}'", hint=f"see roomread {kind}s list")
    return left
