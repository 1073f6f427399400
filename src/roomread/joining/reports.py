"""What students say by a button, and how many of a room say it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

# A report counts for this long, s: people forget to take it back.
FADE_SECONDS = 120.0
# Below this number of people the counts could be traced to single ones.
MIN_REPORTERS = 5


class Say(StrEnum):
    """What a student can say by pressing a button."""

    OK = "ok"
    LOST = "lost"
    SLOWER = "slower"
    FASTER = "faster"


@dataclass(frozen=True, slots=True)
class ReportCounts:
    """How many people of a room say something at present.

    Attributes:
        ok: "I follow".
        lost: "I am lost".
        slower: "slower".
        faster: "faster".
    """

    ok: int = 0
    lost: int = 0
    slower: int = 0
    faster: int = 0

    @classmethod
    def of(cls, said: Iterable[Say]) -> ReportCounts:
        """Return the counts of what was said."""
        found = list(said)
        return cls(**{say.value: found.count(say) for say in Say})

    @property
    def total(self) -> int:
        """How many people say anything at present."""
        return self.ok + self.lost + self.slower + self.faster


@dataclass(frozen=True, slots=True)
class RoomStatus:
    """How many people are in a room, and what is known of them. Nobody can be told from another.

    Attributes:
        people: Those who joined, paused ones included.
        read: Those whose face can be read at present.
        faceless: Those whose camera is on, and who cannot be read at present.
        paused: Those who paused.
        screen: Faces of a shared screen that can be read at present.
        taps: Those who said something in the last ten minutes; None with fewer than five people.
        reports: What is said at present; None with fewer than five people.
        withheld: Whether there is no figure because someone left.
    """

    people: int
    read: int
    faceless: int
    paused: int
    screen: int
    taps: int | None
    reports: ReportCounts | None
    withheld: bool


@dataclass(frozen=True, slots=True)
class ReportSample:
    """What the people of a room said at one time, as it is kept.

    Attributes:
        time: Seconds from the start of the session.
        people: Those who had joined.
        taps: Those who had said something in the last ten minutes; None with fewer than five
            people, as are the other counts.
        reports: What was said.
        presses: How often "I am lost" was pressed since the sample before.
    """

    time: float
    people: int
    taps: int | None = None
    reports: ReportCounts | None = None
    presses: int | None = None
