"""Who is who in one source: the same number for the same person, wherever the tile has moved."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import lap
import numpy as np
from numpy.typing import NDArray

from roomread.identity.embedder import FaceEmbedder, align
from roomread.readings import Box, Frame, Reading
from roomread.room.seats import Place, reading_order
from roomread.tracking import stagger

# So many looks that are like nobody's make a new person, and take a number from who has it: one
# look may be blurred, or half turned away.
_LOOKS = 3
# Who cannot be recognised for so long is numbered by their place, s.
_PATIENCE = 5.0
# Out of sight for so long, and somebody else may have come, s.
_GAP = 1.0
# A track that is gone for so long is forgotten; the tracker does not bring it back either, s.
_MEMORY = 60.0
# Who was at a place is believed to be there still, unless another's likeness is greater by so much
# (a cosine): half of what a person's own looks differ by.
_STAYING = 0.01


@dataclass(slots=True, eq=False)
class _Person:
    """A number, how the person looks, and where they were last."""

    number: int
    place: Place
    sum: NDArray[np.float32] | None = None

    def add(self, vector: NDArray[np.float32]) -> None:
        self.sum = vector if self.sum is None else self.sum + vector


@dataclass(slots=True, eq=False)
class _Stay:
    """A track for as long as it is in sight without a break."""

    since: float
    seen: float
    looked: float
    person: _Person | None = None
    strange: int = 0
    looks: list[NDArray[np.float32]] = field(default_factory=list)

    def lose(self) -> None:
        """Forgets who it is."""
        self.person, self.strange, self.since = None, 0, self.seen


class People:
    """Numbers the people of one source from 1, in reading order as they are first told apart.

    Each face is looked at when it comes, and every few seconds after; where one is not who it was,
    all are looked at in that frame. A person is the mean of their looks; faces and people are
    matched by the optimal assignment of cosines (Jonker and Volgenant 1987), and a face is nobody's
    whose cosine is under the embedder's threshold. Faces that cannot be read are not looked at:
    place and time carry them on, as `roomread.room.Seats` does for all.

    The vectors are biometric data. They live in this object alone, and go with it.

    Args:
        embedder: what turns faces into vectors.
        every: seconds between two looks at a face that stays, over 0.
        places: where the people are that are known already by number, px; their looks are not.
    """

    def __init__(
        self,
        embedder: FaceEmbedder,
        *,
        every: float = 4.0,
        places: Mapping[int, Box] | None = None,
    ) -> None:
        self.embedder, self.every = embedder, every
        self._people = [
            _Person(number, Place.of(box)) for number, box in sorted((places or {}).items())
        ]
        self._stays: dict[int, _Stay] = {}
        self._last = -math.inf

    def update(self, frame: Frame, readings: Sequence[Reading]) -> list[Reading]:
        """Return the readings of one frame with the person's number as their `seat`.

        Args:
            frame: the picture.
            readings: with the tracker's numbers. Those without are left out, and those of whom it
                is not known yet who they are.
        """
        readings = [reading for reading in readings if reading.track_id is not None]
        stays = self._stays_of(readings, frame.time)
        looks = self._look(frame, readings, stays)
        self._recognise(stays, looks)
        self._number(readings, stays)
        found = []
        for reading, stay in zip(readings, stays, strict=True):
            if stay.person is not None:
                stay.person.place = Place.of(reading.box)
                found.append(replace(reading, seat=stay.person.number))
        return found

    def _stays_of(self, readings: Sequence[Reading], time: float) -> list[_Stay]:
        gap = max(_GAP, 1.5 * (time - self._last))
        self._last = time
        for track_id in [t for t, stay in self._stays.items() if time - stay.seen > _MEMORY]:
            del self._stays[track_id]
        found = []
        for reading in readings:
            track_id = reading.track_id or 0
            stay = self._stays.get(track_id)
            if stay is None or time - stay.seen > gap:
                stay = self._stays[track_id] = _Stay(time, time, time)
            stay.seen = time
            found.append(stay)
        return found

    def _look(
        self, frame: Frame, readings: Sequence[Reading], stays: Sequence[_Stay]
    ) -> dict[int, NDArray[np.float32]]:
        """The vectors of the faces whose turn it is, by their place in the list."""
        able = [i for i, r in enumerate(readings) if r.quality.reason is None]
        able = [i for i in able if readings[i].landmarks is not None]
        due = [
            i
            for i in able
            if stays[i].person is None
            or stays[i].strange
            or self._turn(readings[i], frame.time) != self._turn(readings[i], stays[i].looked)
        ]
        looks = self._embed(frame, readings, due)
        if any(self._is_another(stays[i].person, vector) for i, vector in looks.items()):
            # Tiles move together.
            looks |= self._embed(frame, readings, [i for i in able if i not in looks])
        for i in looks:
            stays[i].looked = frame.time
        return looks

    def _turn(self, reading: Reading, time: float) -> int:
        """How often the turn of a face has come; those who came together take turns."""
        return math.floor(time / self.every + stagger(reading.track_id or 0))

    def _embed(
        self, frame: Frame, readings: Sequence[Reading], chosen: Sequence[int]
    ) -> dict[int, NDArray[np.float32]]:
        if not chosen:
            return {}
        marks = [readings[i].landmarks for i in chosen]
        faces = [landmarks for landmarks in marks if landmarks is not None]
        crops = align(frame.image, faces, self.embedder.template, self.embedder.side)
        return dict(zip(chosen, self.embedder.embed(crops), strict=True))

    def _is_another(self, person: _Person | None, vector: NDArray[np.float32]) -> bool:
        """Whether a face is not like the person it was."""
        if person is None or person.sum is None:
            return False
        return float(_unit(person.sum) @ vector) < self.embedder.threshold - _STAYING

    def _recognise(self, stays: Sequence[_Stay], looks: Mapping[int, NDArray[np.float32]]) -> None:
        """Gives the faces that were looked at to the people they are like."""
        held = {id(s.person) for i, s in enumerate(stays) if i not in looks}
        people = [p for p in self._people if p.sum is not None and id(p) not in held]
        rows = list(looks)
        owners = self._match([stays[i] for i in rows], [looks[i] for i in rows], people)
        taken = {id(person) for person in owners.values()}
        for row, i in enumerate(rows):
            stay, vector = stays[i], looks[i]
            person = owners.get(row)
            if person is None and stay.person is not None and stay.person.sum is None:
                # Numbered by place until now, and like nobody who is known.
                person = stay.person
            if person is not None:
                self._give(stay, person, [vector])
                continue
            if stay.person is not None:
                stay.strange += 1
                if stay.strange >= _LOOKS or id(stay.person) in taken:
                    stay.lose()
            if stay.person is None:
                stay.looks.append(vector)

    def _match(
        self,
        stays: Sequence[_Stay],
        vectors: Sequence[NDArray[np.float32]],
        people: Sequence[_Person],
    ) -> dict[int, _Person]:
        """Who the faces are, by their place in the list; those like nobody are left out."""
        if not stays or not people:
            return {}
        known = np.stack([_unit(person.sum) for person in people if person.sum is not None])
        faces = np.stack(
            [_unit(np.sum([*s.looks, v], axis=0)) for s, v in zip(stays, vectors, strict=True)]
        )
        percentile = (faces @ known.T).astype(np.float64)
        for row, stay in enumerate(stays):
            for column, person in enumerate(people):
                percentile[row, column] += _STAYING * (person is stay.person)
        limit = 1 - self.embedder.threshold
        _, columns, _ = lap.lapjv(1 - percentile, extend_cost=True, cost_limit=limit)
        return {row: people[column] for row, column in enumerate(columns) if column >= 0}

    def _number(self, readings: Sequence[Reading], stays: Sequence[_Stay]) -> None:
        """Gives numbers to those who are like nobody, and to those who cannot be recognised."""
        here = {id(stay.person) for stay in stays if stay.person is not None}
        ready = set()
        for i, stay in enumerate(stays):
            if stay.person is not None:
                continue
            late = stay.seen - stay.since >= _PATIENCE
            if len(stay.looks) >= _LOOKS or late:
                ready.add(i)
        for i in reading_order(readings, ready):
            stay, box = stays[i], readings[i].box
            # A face that was seen can only be somebody's whose face never was.
            free = [
                person
                for person in self._people
                if id(person) not in here and (person.sum is None or not stay.looks)
            ]
            person = min(free, key=lambda p: p.place.distance(box), default=None)
            if person is None or math.isinf(person.place.distance(box)):
                number = max((p.number for p in self._people), default=0) + 1
                person = _Person(number, Place.of(box))
                self._people.append(person)
            self._give(stay, person, stay.looks)
            here.add(id(person))

    def _give(self, stay: _Stay, person: _Person, looks: Sequence[NDArray[np.float32]]) -> None:
        """Says who a face is; nobody else is that person then, out of sight for a moment or not."""
        for other in self._stays.values():
            if other.person is person and other is not stay:
                other.lose()
        stay.person, stay.strange, stay.looks = person, 0, []
        for vector in looks:
            person.add(vector)


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = vector / np.linalg.norm(vector)
    return unit
