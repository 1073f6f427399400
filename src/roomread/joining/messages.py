"""Parse the JSON messages of a student's page (WebSocket subprotocol `roomread.room.1`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roomread.errors import RoomreadError
from roomread.joining.reports import Say
from roomread.readings import Expression, Unreadable

# Maximum size of a message, bytes.
MAX_BYTES = 1024
# Probabilities are sent as integers, in ten-thousandths.
_WHOLE = 10_000
# Rounding seven probabilities separately may change their sum by this much.
_SUM_ERROR = 4
_MAX_COUNTER = 2**31
_MAX_AGE_MS = 60_000
# Reason that a page sends in place of probabilities when it finds no face.
NO_FACE = "no face"
_REASONS = [NO_FACE, *Unreadable]


class MessageError(RoomreadError):
    """A message violates the protocol of rooms."""


@dataclass(frozen=True, slots=True)
class JoinMessage:
    """The first message of a connection.

    Attributes:
        code: The code of the room, as typed by the student or contained in the link.
        consent: The version of the consent text that the student agreed to.
        faces: Whether the page will send readings of the student's face.
        resume: The signed token of the seat (place in the room) that the page had before; None for
            a new seat.
    """

    code: str
    consent: str
    faces: bool
    resume: str | None


@dataclass(frozen=True, slots=True, eq=False)
class FaceMessage:
    """One reading of the student's own face.

    Attributes:
        number: A counter that increases with each reading of a connection.
        age: Seconds from taking the picture to sending the message.
        probabilities: float32 [7] in `Expression`'s order, summing to 1; None if no face was read.
        reason: Why the face cannot be read; None if it was read or if no face was found.
    """

    number: int
    age: float
    probabilities: NDArray[np.float32] | None
    reason: Unreadable | None


@dataclass(frozen=True, slots=True)
class PauseMessage:
    """A message that a student pauses (`on` is True) or resumes participation in the room."""

    on: bool


@dataclass(frozen=True, slots=True)
class SayMessage:
    """A message that a student pressed a button, or withdraws the last press (`say` is None)."""

    say: Say | None


@dataclass(frozen=True, slots=True)
class LeaveMessage:
    """A message that a student leaves the room permanently."""


Message = JoinMessage | FaceMessage | PauseMessage | SayMessage | LeaveMessage


def parse_message(text: str) -> Message:
    """Parse the JSON text of a message.

    Raises:
        MessageError: The text is not a message of the protocol; the error says why.
    """
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        raise MessageError("the message is not JSON") from None
    if not isinstance(values, dict):
        raise MessageError("the message is not a JSON object")
    kind = values.get("k")
    if not isinstance(kind, str) or kind not in _PARSERS:
        raise MessageError("'k' is not one of " + ", ".join(_PARSERS))
    return _PARSERS[kind](values)


def _join(values: Mapping[str, Any]) -> JoinMessage:
    resume = values.get("resume")
    if resume is not None and not isinstance(resume, str):
        raise MessageError("'resume' is neither a token nor null")
    return JoinMessage(
        code=_text(values, "code"),
        consent=_text(values, "consent"),
        faces=_flag(values, "faces"),
        resume=resume,
    )


def _face(values: Mapping[str, Any]) -> FaceMessage:
    shares, why = values.get("p"), values.get("why")
    if (shares is None) == (why is None):
        raise MessageError("a reading must have exactly one of 'p' and 'why'")
    if why is not None and why not in _REASONS:
        raise MessageError("'why' is not a known reason")
    reason = Unreadable(why) if why not in (None, NO_FACE) else None
    return FaceMessage(
        number=_integer(values, "n", _MAX_COUNTER),
        age=_integer(values, "age", _MAX_AGE_MS) / 1000,
        probabilities=_probabilities(shares) if shares is not None else None,
        reason=reason,
    )


def _pause(values: Mapping[str, Any]) -> PauseMessage:
    return PauseMessage(_flag(values, "on"))


def _say(values: Mapping[str, Any]) -> SayMessage:
    said = values.get("v")
    if said is None:
        return SayMessage(None)
    if said not in list(Say):
        raise MessageError("'v' is not one of " + ", ".join(Say))
    return SayMessage(Say(said))


def _leave(_values: Mapping[str, Any]) -> LeaveMessage:
    return LeaveMessage()


_PARSERS: dict[str, Callable[[Mapping[str, Any]], Message]] = {
    "join": _join,
    "r": _face,
    "pause": _pause,
    "say": _say,
    "leave": _leave,
}


def _probabilities(shares: Any) -> NDArray[np.float32]:
    if not isinstance(shares, list) or len(shares) != len(Expression):
        raise MessageError(f"'p' is not a list of {len(Expression)} numbers")
    if not all(_is_integer(share, _WHOLE) for share in shares):
        raise MessageError(f"'p' contains a value that is not a whole number from 0 to {_WHOLE}")
    total = sum(shares)
    if abs(total - _WHOLE) > _SUM_ERROR:
        raise MessageError(f"the numbers of 'p' add up to {total}, not {_WHOLE}")
    return np.array(shares, dtype=np.float32) / np.float32(total)


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    if not isinstance(value, str):
        raise MessageError(f"'{name}' is not a string")
    return value


def _flag(values: Mapping[str, Any], name: str) -> bool:
    value = values.get(name)
    if not isinstance(value, bool):
        raise MessageError(f"'{name}' is neither true nor false")
    return value


def _integer(values: Mapping[str, Any], name: str, largest: int) -> int:
    value: Any = values.get(name)
    if not _is_integer(value, largest):
        raise MessageError(f"'{name}' is not a whole number from 0 to {largest}")
    return int(value)


def _is_integer(value: Any, largest: int) -> bool:
    # Python counts bool as int; JSON does not count true and false as numbers.
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= largest
