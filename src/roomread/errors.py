"""The hierarchy of errors that Roomread raises.

    RoomreadError
    ├── MediaError                a picture, video, camera or stream cannot be read
    ├── OutputError               a result cannot be written
    ├── ModelFileError            a model file is missing, damaged or in another format
    ├── DeviceError               the nets cannot run on the requested device
    ├── ProfileError              a few-shot profile is missing, damaged, or cannot be taught
    ├── DataError                 a data set cannot be trained or evaluated on
    ├── RulesError                a rule of attention cannot be parsed
    ├── SessionError              a session does not allow the requested action
    │   ├── SessionNotFoundError  the owner has no such session
    │   ├── SessionHeldError      another process records the session
    │   └── DatabaseError         the database of the sessions fails
    ├── WireError                 a value violates the schema of readings
    ├── PluginError               a plug-in cannot be loaded, or violates its interface
    ├── BusyError                 a request is refused or not answered in time
    ├── MissingExtraError         an optional dependency is not installed
    └── MissingLibraryError       a library of the system is not installed

`MediaWarning` is a warning of Python: a part of an input is left out, and the rest is read.

Services and interfaces derive errors of their own from these, in the modules that raise them.

The core raises facts: `problem` says what happened to which input. A `hint` says what to do; hints
in the terms of an interface (an option, a request's field) are added by the interface. Interfaces
catch `RoomreadError` and nothing broader.
"""

from __future__ import annotations

import re

# Matches the credentials before the host of a URL. A password may contain an unencoded slash; then
# the text after the first colon is not a port.
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
    """Return text with user names, passwords and keys removed from the URLs in it."""
    return _SECRET.sub(r"\1***", _USER.sub("", text)) if "://" in text else text


def printable(text: str) -> str:
    """Return text with undecodable bytes, which file names may contain, written as escapes."""
    return _SURROGATES.sub(lambda found: repr(found[0])[1:-1], text)


def one_line(text: str) -> str:
    """Return text with line breaks and other control characters written as escapes."""
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], text)


class RoomreadError(Exception):
    """The base of all errors that Roomread raises.

    Both texts are reduced to one line, and credentials are removed from URLs in them.

    Attributes:
        problem: what went wrong, with the name of the input.
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


class MediaWarning(UserWarning):
    """A part of an input, such as files of a folder or a video track, is left out."""


class OutputError(RoomreadError):
    """A result cannot be written, because a folder, permission or space is missing."""


class ModelFileError(RoomreadError):
    """A model file is missing, damaged, or does not conform to the format of model files."""


class DeviceError(RoomreadError):
    """The nets cannot run on the requested device."""


class ProfileError(RoomreadError):
    """A few-shot profile is missing, damaged or of another net, or its references do not fit."""


class DataError(RoomreadError):
    """A data set cannot be read, or cannot be trained or evaluated on."""


class RulesError(RoomreadError):
    """A rule of attention cannot be parsed."""


class SessionError(RoomreadError):
    """A session does not allow the requested action."""


class SessionNotFoundError(SessionError):
    """The owner has no session of this id; it may not exist or belong to another owner."""


class SessionHeldError(SessionError):
    """Another process of the service records this session now.

    Args:
        problem: What is wrong.
        address: The URL of the other process; empty if it has none.
    """

    def __init__(self, problem: str, *, address: str = "") -> None:
        super().__init__(problem, hint="send it there, or try again in a moment")
        self.address = address


class DatabaseError(SessionError):
    """The database that keeps sessions cannot be opened, reached or written."""


class WireError(RoomreadError):
    """A value does not conform to the schema of readings (`roomread.wire`).

    Attributes:
        path: the position of the value, as a JSONPath such as `$.faces[2].box.left`.
    """

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path


class PluginError(RoomreadError):
    """A plug-in is not installed, cannot be loaded, or violates its interface."""


class BusyError(RoomreadError):
    """A request is refused because of too much load, or was not answered in time.

    Attributes:
        seconds: the time to wait before trying again, s.
    """

    def __init__(self, problem: str, *, seconds: int = 1) -> None:
        when = "a minute" if seconds >= 60 else "a moment"
        super().__init__(problem, hint=f"try again in {when}")
        self.seconds = seconds


class MissingExtraError(RoomreadError):
    """A feature was requested whose optional dependency is not installed."""

    def __init__(self, feature: str, *, extra: str) -> None:
        super().__init__(
            f"{feature} needs the extra '{extra}'",
            hint=f"pip install 'roomread[{extra}]'",
        )


class MissingLibraryError(RoomreadError):
    """A feature was requested whose library the operating system does not have."""

    def __init__(self, feature: str, *, library: str) -> None:
        super().__init__(
            f"{feature} needs the library {library}",
            hint=f"install {library} with the system's package manager",
        )
