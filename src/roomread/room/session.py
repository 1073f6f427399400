"""Define sessions of a room, with their marks, passages and people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

# Seconds without a write after which a recording counts as interrupted.
_SILENCE = 60.0


class State(StrEnum):
    """The states of a session: being recorded, interrupted or ended."""

    RECORDING = "recording"
    INTERRUPTED = "interrupted"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Session:
    """One lesson, meeting or recording.

    Attributes:
        id: Eight hexadecimal digits.
        name: The title of the session.
        source: The name of the source: a file's name, a camera, or a URL without credentials.
        model: The net's name and digest, and the output head if it is not the default.
        threshold: The confidence under which the net withholds an expression, 0..1.
        started_at: When the session was created, UTC.
        updated_at: When the session was last written, UTC.
        ended_at: When the recording ended, UTC; None if it still runs or was interrupted.
        rules: The alert rules, one per line.
        keeps_people: Whether the readings of individual people are stored, by seat, in addition to
            the moods of the room.
        consent: A text that records who consented and how; empty if no readings of people
            are stored.
        purpose: What the installation was used for when the session was created, such as
            "research"; empty if no purpose was chosen.
        region: Where the installation was used, "eu" or "elsewhere"; empty if no region was chosen.
        notice: How the people were informed before their expressions were read; empty if it was not
            recorded.
        notice_at: When `notice` was recorded, UTC; None if it was not recorded.
        owner: The id of the user or key that owns it, or "local". Empty in sessions returned by the
            client, which sees only its own sessions.
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
    notice: str = ""
    notice_at: datetime | None = None
    owner: str = ""
    purpose: str = ""
    region: str = ""

    def state(self, now: datetime | None = None) -> State:
        """Return whether the session is being recorded, was interrupted or has ended.

        Args:
            now: The present time, UTC; None to read it from the clock.
        """
        if self.ended_at is not None:
            return State.ENDED
        silent = (now or datetime.now(UTC)) - self.updated_at
        return State.INTERRUPTED if silent.total_seconds() > _SILENCE else State.RECORDING


@dataclass(frozen=True, slots=True)
class Mark:
    """A label for the moment at which something begins, such as a slide or an activity.

    Attributes:
        time: Seconds from the start of the source.
        label: The name of what begins.
    """

    time: float
    label: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A section of a transcript or chat, without the name of its author.

    Attributes:
        start: Seconds from the start of the session's source; directly after the transcript file is
            parsed, seconds from time 0 of this file.
        end: Seconds; at least `start`.
        text: The words, on one line.
    """

    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Person:
    """A person whose name was recorded for a seat.

    Attributes:
        seat: The number of the seat: a place in the room, or a tile of a video call.
        name: The person's name.
        consent: A text that records how this person agreed to be named beside their expressions.
        consented_at: When the consent was recorded, UTC.
    """

    seat: int
    name: str
    consent: str
    consented_at: datetime
