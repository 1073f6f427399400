"""A session of a room: one lesson, meeting or recording, its marks and its people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

# A recording that has written nothing for this long was interrupted, s.
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
        id: eight random characters.
        name: given by a person.
        source: what was read: the name of a file, a camera, an address without its password.
        model: the net that read it.
        threshold: confidence below which that net withholds the expression, 0..1.
        started_at: when it was created, UTC.
        updated_at: when something was last written, UTC.
        ended_at: UTC; None while it is recorded, and when that was interrupted.
        rules: rules of attention, as text.
        keeps_people: whether readings of single people are kept, by seat; if not, only figures
            of the room are.
        consent: where people are kept, who consented, and how.
        owner: id of the user or key that it belongs to; empty in an answer of the service, which
            gives a client only its own sessions.
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
    owner: str = ""

    def state(self, now: datetime | None = None) -> State:
        """Return what the session is doing at `now` (UTC); None stands for the present."""
        if self.ended_at is not None:
            return State.ENDED
        silent = (now or datetime.now(UTC)) - self.updated_at
        return State.INTERRUPTED if silent.total_seconds() > _SILENCE else State.RECORDING


@dataclass(frozen=True, slots=True)
class Mark:
    """What began at a moment of a session: a slide, an activity.

    Attributes:
        time: seconds from the start of the source.
        label: the teacher's word for it.
    """

    time: float
    label: str


@dataclass(frozen=True, slots=True)
class Person:
    """The name of the person at a seat.

    Attributes:
        seat: number of the seat.
        name: as given.
        consent: how this person agreed to be named beside their expressions.
        consented_at: when that was recorded, UTC.
    """

    seat: int
    name: str
    consent: str
    consented_at: datetime
