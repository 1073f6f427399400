"""Every error that Roomread raises on purpose.

    RoomreadError
    ├── MediaError          a picture, video, camera or stream that cannot be read
    ├── OutputError         a result that cannot be written
    ├── ModelFileError      a model file that is missing, damaged or not in our contract
    ├── ProfileError        a few-shot profile that is missing, damaged, or cannot be taught
    ├── DataError           a data set that cannot be trained on
    ├── RulesError          a rule of attention that cannot be understood
    ├── SessionError        a session that cannot be kept or found
    │   ├── SessionNotFoundError  a session that this owner does not have
    │   ├── SessionHeldError      a session that another process records
    │   └── DatabaseError   the database that keeps sessions fails
    ├── WireError           a value that does not keep the schema of readings
    ├── DeviceError         the nets cannot run on the device that was asked for
    ├── BusyError           a request that is not taken, or not answered in time
    └── MissingExtraError   a feature whose optional dependency is not installed

A door (command line, HTTP, web page) catches `RoomreadError` and nothing broader, and shows
`str(error)`: one line that says what is wrong and what to do.
"""

from __future__ import annotations

import re

# What stands before the host of an address. A password may hold a slash that nobody encoded;
# then what follows the first colon is no port.
_USER = re.compile(
    r"(?<=://)(?:[^\s/?#]*@|[^\s/@:\[\]]+:(?!\d{0,5}(?:[/?#\s]|$))\S*@)",
)
_SECRET = re.compile(
    r"([?&;][^=&;\s]*(?:user|usr|login|pass|pwd|pw|token|secret|auth|sig|key)[^=&;\s]*=)[^&;#\s'\"]+",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")


def without_credentials(text: str) -> str:
    """Return text with user names, passwords and keys removed from the addresses in it."""
    return _SECRET.sub(r"\1***", _USER.sub("", text)) if "://" in text else text


def printable(text: str) -> str:
    """Return text with bytes that are not UTF-8, as names of files may hold, written as escapes."""
    return _SURROGATES.sub(lambda found: repr(found[0])[1:-1], text)


def one_line(text: str) -> str:
    """Return text with line breaks and other control characters written as escapes."""
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], text)


class RoomreadError(Exception):
    """What went wrong, and what to do about it.

    Credentials of addresses are removed, and each text is one line.

    Attributes:
        problem: what is wrong, naming the input.
        hint: what the user can do; may be empty.
    """

    def __init__(self, problem: str, *, hint: str = "") -> None:
        problem, hint = (one_line(without_credentials(text)) for text in (problem, hint))
        super().__init__(problem, hint)
        self.problem = problem
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.problem} ({self.hint})" if self.hint else self.problem


class MediaError(RoomreadError):
    """A picture, video, camera or stream cannot be read."""


class OutputError(RoomreadError):
    """A result cannot be written: no such folder, no permission, no space."""


class ModelFileError(RoomreadError):
    """A model file is missing, damaged, or does not keep the model-file contract."""


class DeviceError(RoomreadError):
    """The nets cannot run on the device that was asked for."""


class ProfileError(RoomreadError):
    """A few-shot profile is missing, damaged or another net's, or its references do not fit."""


class DataError(RoomreadError):
    """A data set cannot be read, or is not one that can be trained or evaluated on."""


class RulesError(RoomreadError):
    """A rule of attention is not in the form of one."""


class SessionError(RoomreadError):
    """A session cannot be found, or cannot be what was asked for."""


class SessionNotFoundError(SessionError):
    """The owner has no session of this id; it may not exist or belong to another owner."""


class SessionHeldError(SessionError):
    """Another process of the service records this session now.

    Args:
        problem: What is wrong.
        address: Where the other process answers requests; empty if it answers none.
    """

    def __init__(self, problem: str, *, address: str = "") -> None:
        super().__init__(problem, hint="send it there, or try again in a moment")
        self.address = address


class DatabaseError(SessionError):
    """The database that keeps sessions cannot be opened, reached or written."""


class WireError(RoomreadError):
    """A value does not keep the schema of readings (`roomread.wire`).

    Attributes:
        path: where the value stands, as a JSONPath such as `$.faces[2].box.left`.
    """

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path


class BusyError(RoomreadError):
    """A request is not taken, or was not answered in time.

    Args:
        problem: what is wrong.
        seconds: after which to come again.
    """

    def __init__(self, problem: str, *, seconds: int = 1) -> None:
        when = "a minute" if seconds >= 60 else "a moment"
        super().__init__(problem, hint=f"try again in {when}")
        self.seconds = seconds


class MissingExtraError(RoomreadError):
    """A feature was asked for whose optional dependency is not installed."""

    def __init__(self, feature: str, *, extra: str) -> None:
        super().__init__(
            f"{feature} needs the extra '{extra}'",
            hint=f"pip install 'roomread[{extra}]'",
        )
