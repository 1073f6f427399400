"""The hierarchy of errors that Roomread raises.

    RoomreadError
    ├── MediaError                a picture, video, camera or stream cannot be read
    ├── OutputError               a result cannot be written
    ├── ModelFileError            a model file is missing, damaged or in another format
    ├── DeviceError               the nets cannot run on the requested device
    ├── ProfileError              a few-shot profile is missing, damaged, or cannot be taught
    ├── DataError                 a data set cannot be trained or evaluated on
    ├── RulesError                an alert rule cannot be parsed
    ├── SessionError              a session does not allow the requested action
    │   ├── SessionNotFoundError  the owner has no such session
    │   ├── SessionHeldError      another process records the session
    │   └── DatabaseError         the database of the sessions fails
    ├── WireError                 a value violates the schema of readings
    ├── PluginError               a plug-in cannot be loaded, or violates its interface
    ├── BusyError                 a request is refused or not answered in time
    ├── MissingExtraError         an optional dependency is not installed
    └── MissingLibraryError       a library of the system is not installed

`MediaWarning` is a Python warning that part of an input is skipped and the rest is read.

Services and interfaces define subclasses of these errors in the modules that raise them.

`problem` says what happened to which input, and `hint` says what to do about it. An interface adds
the hints that name its own options or request fields. Interfaces catch `RoomreadError` and nothing
broader.
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
    """Part of an input, such as some files of a folder or a video track, is skipped."""


class OutputError(RoomreadError):
    """A result cannot be written, for example because a folder is missing or the disk is full."""


class ModelFileError(RoomreadError):
    """A model file is missing, damaged, or does not conform to the format of model files."""


class DeviceError(RoomreadError):
    """The nets cannot run on the requested device."""


class ProfileError(RoomreadError):
    """A few-shot profile is missing, damaged, cannot be taught, or was taught with another net."""


class DataError(RoomreadError):
    """A data set cannot be read, or cannot be trained or evaluated on."""


class RulesError(RoomreadError):
    """An alert rule, such as `room negative above 40% for 60 s`, cannot be parsed."""


class SessionError(RoomreadError):
    """A session does not allow the requested action."""


class SessionNotFoundError(SessionError):
    """The owner has no session with this id: it does not exist, or belongs to another owner."""


class SessionHeldError(SessionError):
    """Another process of the service is recording this session.

    Args:
        problem: What happened, with the id of the session or room.
        address: The URL of the other process; empty if it is not known.
    """

    def __init__(self, problem: str, *, address: str = "") -> None:
        super().__init__(problem, hint="send the request to that process, or try again in a moment")
        self.address = address


class DatabaseError(SessionError):
    """The database of the sessions cannot be opened, reached or written."""


class WireError(RoomreadError):
    """A value does not conform to the schema of readings (`roomread.wire`).

    Attributes:
        path: the position of the value, as a JSONPath such as `$.faces[2].box.left`; in a table
            `header`, or the row before the path.
    """

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path


class PluginError(RoomreadError):
    """A plug-in is not installed, cannot be loaded, or violates its interface."""


class BusyError(RoomreadError):
    """A request is refused because of too much load, or was not answered in time.

    Attributes:
        seconds: the time to wait before sending the request again, s.
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
