"""The reports that students make by pressing buttons, and their counts in a room."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

# Time after which a report expires, s, because people forget to withdraw it.
FADE_SECONDS = 120.0
# Minimum number of people in a room for counts; with fewer people, counts could reveal who pressed.
MIN_REPORTERS = 5


class Say(StrEnum):
    """The reports that a student can make by pressing a button."""

    OK = "ok"
    LOST = "lost"
    SLOWER = "slower"
    FASTER = "faster"


@dataclass(frozen=True, slots=True)
class ReportCounts:
    """The number of people in a room who make each report at present.

    Attributes:
        ok: The number of people who report "I follow".
        lost: The number of people who report "I am lost".
        slower: The number of people who ask for a slower lesson.
        faster: The number of people who ask for a faster lesson.
    """

    ok: int = 0
    lost: int = 0
    slower: int = 0
    faster: int = 0

    @classmethod
    def of(cls, said: Iterable[Say]) -> ReportCounts:
        """Count reports by their kind."""
        found = list(said)
        return cls(**{say.value: found.count(say) for say in Say})

    @property
    def total(self) -> int:
        """The number of people who make any report at present."""
        return self.ok + self.lost + self.slower + self.faster


@dataclass(frozen=True, slots=True)
class RoomStatus:
    """The present number of people in a room, and how many of them can be read or report something.

    Attributes:
        people: The number of people who joined, including those who paused.
        read: The number of people whose face can be read at present.
        faceless: The number of people whose camera is on, but whose face cannot be read.
        paused: The number of people who paused.
        screen: The number of faces on a shared screen that can be read at present.
        taps: The number of people who pressed a button in the last ten minutes; None with fewer
            than five people.
        reports: The counts of present reports; None with fewer than five people.
        withheld: Whether the mood is withheld at present; see `Cohorts`.
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
    """The reports of the people of a room at one time, as they are stored.

    Attributes:
        time: Seconds from the start of the session.
        people: The number of people who had joined.
        taps: The number of people who had pressed a button in the last ten minutes; None with fewer
            than five people.
        reports: The counts of the reports at this time; None with fewer than five people.
        presses: The number of presses of "I am lost" since the previous sample; None with fewer
            than five people.
    """

    time: float
    people: int
    taps: int | None = None
    reports: ReportCounts | None = None
    presses: int | None = None
