"""What a session consists of, beside its readings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import urlsplit

# Who has the sessions of the command line, and of an app that asks for no sign-in.
LOCAL_OWNER = "local"
# A recording that has written nothing for so long was interrupted, s.
_SILENCE = 60.0


class State(StrEnum):
    """What a session is doing."""

    RECORDING = "recording"
    INTERRUPTED = "interrupted"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Session:
    """One lesson, meeting or recording.

    Attributes:
        id: eight characters, not to be guessed.
        name: given by a person.
        source: what was read: a file's name, a camera, an address without its password.
        model: the net that read it.
        threshold: the confidence under which that net withholds a label, 0..1.
        started_at: UTC.
        updated_at: UTC; when something was last written.
        ended_at: UTC; None while it is recorded, or where that was interrupted.
        rules: of attention, as text.
        keeps_people: whether readings of single people are kept, by seat number; if not, only
            the room's figures.
        consent: where people are kept, who consented, and how.
        owner: whose it is: `LOCAL_OWNER`, or the id that the service knows a user or key by.
    """

    id: str
    name: str
    source: str
    model: str
    threshold: float
    started_at: datetime
    updated_at: datetime
    ended_at: datetime | None
    rules: str
    keeps_people: bool
    consent: str
    owner: str

    def state(self, now: datetime | None = None) -> State:
        """What it is doing at `now`, UTC; by default the present."""
        if self.ended_at is not None:
            return State.ENDED
        silent = (now or datetime.now(UTC)) - self.updated_at
        return State.INTERRUPTED if silent.total_seconds() > _SILENCE else State.RECORDING


@dataclass(frozen=True, slots=True)
class Mark:
    """What began at a moment: a slide, an activity.

    Attributes:
        time: s from the start of the source.
        label: the teacher's word for it.
    """

    time: float
    label: str


@dataclass(frozen=True, slots=True)
class Person:
    """A name for a seat.

    Attributes:
        seat: the number.
        name: as given.
        consent: how this person agreed to be named beside their expressions.
        consented_at: when that was recorded, UTC.
    """

    seat: int
    name: str
    consent: str
    consented_at: datetime


def milliseconds(seconds: float) -> int:
    """Return a time in whole milliseconds, as times are stored."""
    return round(1000 * seconds)


def without_secrets(source: str) -> str:
    """An address without its user, password and query; anything else as it is."""
    if "://" not in source:
        return source
    parts = urlsplit(source)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"
