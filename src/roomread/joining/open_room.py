"""Manage the seats of the students in one room, and the newest data from each student's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random

from roomread.errors import RoomreadError
from roomread.joining.cohorts import Cohorts
from roomread.joining.messages import FaceMessage
from roomread.joining.reports import (
    FADE_SECONDS,
    MIN_REPORTERS,
    ReportCounts,
    RoomStatus,
    Say,
)
from roomread.readings import Box, Quality, Reading, Scores
from roomread.room import Seats

# Seconds from one frame of a room to the next.
TICK_SECONDS = 0.5
# Maximum age of a reading that describes the present, s.
FRESH_SECONDS = 1.6
# Time for which the seat of a disconnected page is kept, s.
KEPT_SECONDS = 60.0
# Time for which the last reading of a counted person stays in the mood when the face can no longer
# be read, s. Without it, the mood would show who looked away.
HELD_SECONDS = 60.0
# Time since a person's last press within which `RoomStatus.taps` counts the person, s.
_TAP_SECONDS = 600.0
# Maximum number of messages that one seat may send in a burst, and per second in the long run.
_BURST, _PER_SECOND = 6.0, 3.0
# Added to the seat numbers of faces on a shared screen, to keep them apart from those of students.
_SCREEN_SEATS = 1_000_000


class RoomFullError(RoomreadError):
    """All seats of a room are taken."""


@dataclass(slots=True)
class _StudentSeat:
    """The seat of one student, with the newest data of the student's page.

    Attributes:
        connection: Id of the page's connection; None while the page is disconnected.
        seen: Time when the page was last connected, s.
        faces: Whether the page sends readings of the student's face.
        paused: Whether the student paused.
        said: The last button that the student pressed; None if none was pressed.
        said_at: Time of that press, s.
        number: Number of the newest message with a reading; -1 if there is none.
        reading: The newest reading; None if there is none.
        read_at: Time when the picture of `reading` was taken, s.
        readable: The newest reading with scores; None if there is none.
        readable_at: Time when the picture of `readable` was taken, s.
        messages: Number of messages that the rate limit allowed at the time `filled_at`.
        filled_at: Time when `messages` was last computed, s.
    """

    connection: int | None
    seen: float
    faces: bool
    paused: bool = False
    said: Say | None = None
    said_at: float = float("-inf")
    number: int = -1
    reading: Reading | None = None
    read_at: float = float("-inf")
    readable: Reading | None = None
    readable_at: float = float("-inf")
    messages: float = _BURST
    filled_at: float = float("-inf")

    def forget_face(self) -> None:
        """Delete the readings of the face."""
        self.reading = self.readable = None
        self.read_at = self.readable_at = float("-inf")


@dataclass(frozen=True, slots=True)
class JoinedSeat:
    """The seat that a connection got when it joined.

    Attributes:
        seat: The number of the seat.
        displaced: Id of the connection that had the seat until now; None if there was none.
    """

    seat: int
    displaced: int | None


@dataclass(frozen=True, slots=True)
class RoomFrame:
    """The input of a room's pipeline at one moment.

    Attributes:
        readings: The readings of all faces. Readings that do not count in the mood have no scores.
        changed: The seat numbers of the people whose earlier scores must be forgotten.
        withheld: Whether the mood is withheld at present.
        lost: The number of presses of "I am lost" since the previous frame.
    """

    readings: Sequence[Reading]
    changed: frozenset[int]
    withheld: bool
    lost: int


@dataclass(slots=True)
class OpenRoom:
    """The seats of the students in one room; not thread-safe.

    A seat is a student's numbered place in the room. The seat is kept for a minute if the student's
    page loses its connection.

    Args:
        max_seats: Maximum number of students in the room.
        first_seat: The lowest seat number that was never assigned.
        opened_at: Time when this process opened the room, s.
        threshold: The confidence below which the net withholds an expression, 0..1.
        random: The random generator for `Cohorts`.

    Attributes:
        paused: Whether the teacher paused the room.
        next_seat: The number of the next new seat.
    """

    max_seats: int
    first_seat: int = 1
    opened_at: float = 0.0
    threshold: float = 0.0
    random: Random = field(default_factory=Random)
    paused: bool = False
    next_seat: int = field(init=False)
    _seats: dict[int, _StudentSeat] = field(init=False, default_factory=dict)
    _cohorts: Cohorts = field(init=False)
    _screen: Sequence[Reading] = field(init=False, default=())
    _screen_at: float = field(init=False, default=float("-inf"))
    _screen_seats: Seats = field(init=False, default_factory=Seats)
    _lost: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        """Set the number of the next new seat, and create the cohorts of the empty room."""
        self.next_seat = self.first_seat
        self._cohorts = Cohorts(self.random)

    def join(self, now: float, connection: int, *, faces: bool, resume: int | None) -> JoinedSeat:
        """Assign a seat to the student whose page has opened a connection.

        Args:
            now: Present time, s.
            connection: The id of the connection.
            faces: Whether the page will send readings of the student's face.
            resume: The number of the seat that the page had before; None for a new seat. If the
                earlier seat is no longer kept, the student gets a new seat too.

        Raises:
            RoomFullError: All seats are taken.
        """
        self._expire(now)
        seat = self._seats.get(resume) if resume is not None else None
        if resume is not None and seat is not None:
            displaced, seat.connection = seat.connection, connection
            seat.seen, seat.number = now, -1
            if not faces:
                seat.forget_face()
            seat.faces = faces
            return JoinedSeat(resume, displaced)
        if len(self._seats) >= self.max_seats:
            raise RoomFullError(f"all {self.max_seats} seats of the room are taken")
        number = self._number(now, resume)
        self._seats[number] = _StudentSeat(connection, now, faces)
        return JoinedSeat(number, None)

    def _number(self, now: float, resume: int | None) -> int:
        """Return `resume` if another process may have assigned it, else an unused seat number."""
        # Shortly before this process opened the room, another process may have assigned the seat.
        is_kept = now - self.opened_at < KEPT_SECONDS
        if resume is not None and resume < self.first_seat and is_kept:
            return resume
        self.next_seat += 1
        return self.next_seat - 1

    def disconnect(self, now: float, seat: int, connection: int) -> None:
        """Record that the page of a seat is disconnected; the seat is kept for a minute."""
        known = self._seats.get(seat)
        if known is not None and known.connection == connection:
            known.connection, known.seen = None, now

    def leave(self, seat: int) -> None:
        """Release a seat permanently; its student is no longer counted."""
        self._seats.pop(seat, None)

    def admits(self, now: float, seat: int) -> bool:
        """Count a message of a seat, and return whether it is within the rate limit.

        A seat may send three messages per second in the long run, and six in a burst.
        """
        known = self._seats.get(seat)
        if known is None:
            return False
        known.messages += (now - known.filled_at) * _PER_SECOND
        known.messages, known.filled_at = min(known.messages, _BURST), now
        if known.messages < 1:
            return False
        known.messages -= 1
        return True

    def report_face(self, now: float, seat: int, message: FaceMessage) -> bool:
        """Store a reading, unless it is not accepted, or the seat or the room is paused.

        Returns:
            Whether the reading is accepted: the seat exists, its page joined with readings of a
            face, and the reading is newer than the last reading.
        """
        known = self._seats.get(seat)
        if known is None or not known.faces or message.number <= known.number:
            return False
        known.number = message.number
        if known.paused or self.paused:
            return True
        shares, taken_at = message.probabilities, now - message.age
        scores = Scores(shares, self.threshold) if shares is not None else None
        reading = Reading(
            source="student",
            time=0.0,
            frame_index=None,
            box=Box(0.0, 0.0, 0.0, 0.0),
            detection_confidence=None,
            quality=Quality(reason=message.reason),
            scores=scores,
            seat=seat,
            valence=scores.valence if scores is not None else None,
        )
        known.reading, known.read_at = reading, taken_at
        if shares is not None:
            known.readable, known.readable_at = reading, taken_at
        return True

    def newest(self, seat: int) -> int:
        """Return the message number of a seat's newest reading; -1 if there is no reading."""
        known = self._seats.get(seat)
        return known.number if known is not None else -1

    def says(self, now: float, seat: int) -> Say | None:
        """Return the button that a student pressed, or None if no press is still valid."""
        known = self._seats.get(seat)
        return self._says(now, known) if known is not None else None

    def is_paused(self, seat: int) -> bool:
        """Return whether a student paused."""
        known = self._seats.get(seat)
        return known is not None and known.paused

    def pause_seat(self, seat: int, *, on: bool) -> None:
        """Pause one student, or let them continue; a paused student is not counted."""
        known = self._seats.get(seat)
        if known is not None:
            known.paused = on
            known.said = None
            known.forget_face()

    def pause(self, *, on: bool) -> None:
        """Pause the whole room, or let it continue."""
        self.paused = on
        for seat in self._seats.values():
            seat.said = None
            seat.forget_face()

    def say(self, now: float, seat: int, said: Say | None) -> None:
        """Record the button that a student pressed; None withdraws it."""
        known = self._seats.get(seat)
        if known is None or known.paused or self.paused:
            return
        is_new = said is not self._says(now, known)
        known.said, known.said_at = said, now
        if said is Say.LOST and is_new:
            self._lost += 1

    def show_screen(self, now: float, readings: Sequence[Reading]) -> None:
        """Store the readings of faces on a shared screen, which are valid for `FRESH_SECONDS`."""
        self._screen, self._screen_at = readings, now

    def tick(self, now: float) -> RoomFrame:
        """Return the input of the room's pipeline for this moment; call every `TICK_SECONDS`."""
        self._expire(now)
        able = {} if self.paused else self._able(now)
        changed = self._cohorts.update(now, able.keys())
        counted = self._cohorts.counted
        readings = [reading for number, reading in able.items() if number in counted]
        # People who do not count are still present: they joined recently, or cannot be read.
        readings += [
            replace(seat.reading, scores=None)
            for number, seat in self._seats.items()
            if number not in counted and seat.reading is not None and _is_fresh(now, seat.read_at)
        ]
        readings += self._screen_readings(now)
        lost, self._lost = self._lost, 0
        return RoomFrame(readings, changed, self._cohorts.withheld, lost)

    def status(self, now: float) -> RoomStatus:
        """Return how many people are in the room, and of how many the face can be read."""
        seats = list(self._seats.values())
        active = [seat for seat in seats if not seat.paused and not self.paused]
        read = sum(_is_fresh(now, s.readable_at) for s in active if s.readable is not None)
        cameras = sum(seat.faces for seat in active)
        known = len(seats) >= MIN_REPORTERS
        said = [say for seat in active if (say := self._says(now, seat)) is not None]
        return RoomStatus(
            people=len(seats),
            read=read,
            faceless=cameras - read,
            paused=len(seats) - len(active),
            screen=sum(each.scores is not None for each in self._screen_now(now)),
            taps=sum(now - seat.said_at < _TAP_SECONDS for seat in active) if known else None,
            reports=ReportCounts.of(said) if known else None,
            withheld=self._cohorts.withheld,
        )

    def _able(self, now: float) -> dict[int, Reading]:
        """Return the readings of the people who may count in the mood, by seat number."""
        able = {}
        for number, seat in self._seats.items():
            held = HELD_SECONDS if number in self._cohorts.counted else FRESH_SECONDS
            if seat.readable is not None and now - seat.readable_at < held:
                able[number] = seat.readable
        return able

    def _screen_now(self, now: float) -> Sequence[Reading]:
        is_shown = not self.paused and _is_fresh(now, self._screen_at)
        return self._screen if is_shown else ()

    def _screen_readings(self, now: float) -> list[Reading]:
        seated = self._screen_seats.update(list(self._screen_now(now)))
        return [replace(r, seat=_SCREEN_SEATS + (r.seat or 0)) for r in seated]

    def _says(self, now: float, seat: _StudentSeat) -> Say | None:
        return seat.said if now - seat.said_at < FADE_SECONDS else None

    def _expire(self, now: float) -> None:
        """Release the seats whose pages have been disconnected for a minute."""
        gone = [
            number
            for number, seat in self._seats.items()
            if seat.connection is None and now - seat.seen >= KEPT_SECONDS
        ]
        for number in gone:
            del self._seats[number]


def _is_fresh(now: float, then: float) -> bool:
    return now - then < FRESH_SECONDS
