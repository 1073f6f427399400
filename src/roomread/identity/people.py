"""Recognise people by their faces, so that each keeps one seat when the tiles of a call move."""

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

# Number of successive embeddings without a match after which a face becomes a new person, or a
# track loses its person. In a single frame the face may be blurred or half turned away.
_LOOKS = 3
# Time without recognition after which a face gets a seat by its position in the picture, s.
_PATIENCE = 5.0
# Time out of sight after which a track may show another person, s.
_GAP = 1.0
# Time out of sight after which a track is deleted, s; the tracker does not resume it after that.
_MEMORY = 60.0
# Added to the cosine between a face and the person to whom its track is assigned, so that small
# differences do not change the person: half of the usual difference between vectors of one person.
_STAYING = 0.01


@dataclass(slots=True, eq=False)
class _KnownFace:
    """A person who has a seat (numbered place).

    Attributes:
        number: The number of the seat, from 1.
        place: The last position of the face in the picture.
        sum: The sum of the person's vectors; None if the face was never embedded.
    """

    number: int
    place: Place
    sum: NDArray[np.float32] | None = None

    def add(self, vector: NDArray[np.float32]) -> None:
        self.sum = vector if self.sum is None else self.sum + vector


@dataclass(slots=True, eq=False)
class _Stay:
    """A period in which the face of a track is continuously in sight.

    Attributes:
        since: Time when the person of the track last became unknown, seconds.
        seen: Time of the last frame that shows the track, seconds.
        looked: Time when the face was last embedded, seconds.
        person: The person to whom the face belongs; None while the person is unknown.
        strange: Number of successive embeddings that did not match the person.
        looks: Embeddings of the face since its person became unknown.
    """

    since: float
    seen: float
    looked: float
    person: _KnownFace | None = None
    strange: int = 0
    looks: list[NDArray[np.float32]] = field(default_factory=list)

    def lose(self) -> None:
        """Record that the person of the track is unknown again."""
        self.person, self.strange, self.since = None, 0, self.seen


class People:
    """The people of one source, whose faces are compared so that each person keeps one seat.

    Seats are numbered from 1 in the order in which people are first distinguished, and within a
    frame by rows from the top, and from left to right in each row. Each face is embedded when it
    appears, and every few seconds after that. If a face does not match its person, all faces of
    that frame are embedded. The mean of a person's vectors represents the person.
    Faces and people are matched by the optimal assignment of cosines (Jonker and Volgenant 1987); a
    face whose cosine is below the embedder's threshold matches no person. Faces that cannot be read
    are not embedded; position and time determine their person, as in `roomread.room.Seats`.

    The vectors are biometric data and exist only in this object.

    Args:
        embedder: The net that turns faces into vectors.
        every: Seconds between two embeddings of a face that stays in view, above 0.
        places: Boxes of the faces of people who already have a seat, by seat number, px. These
            people are recognised by position until their faces have been embedded.
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
            _KnownFace(number, Place.of(box)) for number, box in sorted((places or {}).items())
        ]
        self._stays: dict[int, _Stay] = {}
        self._last = -math.inf

    def update(self, frame: Frame, readings: Sequence[Reading]) -> list[Reading]:
        """Return the readings of one frame with the seats of their people.

        Readings without a track id and readings of people without a seat are left out.

        Args:
            frame: The frame that was read.
            readings: The readings of this frame, with their track ids.
        """
        readings = [reading for reading in readings if reading.track_id is not None]
        stays = self._stays_of(readings, frame.time)
        looks = self._look(frame, readings, stays)
        self._recognise(stays, looks)
        self._assign_seats(readings, stays)
        found = []
        for reading, stay in zip(readings, stays, strict=True):
            if stay.person is not None:
                stay.person.place = Place.of(reading.box)
                found.append(replace(reading, seat=stay.person.number))
        return found

    def forget_tracks(self) -> None:
        """Forget all tracks, but keep the people; the next source numbers its tracks from 1."""
        self._stays.clear()

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
        """Embed the faces that are due in this frame; return their vectors by index of the reading.

        Faces without a known person, and faces that did not match their person, are always due. If
        a face of a known person no longer matches this person, all faces of the frame are embedded.
        """
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
            # The tiles of a call are rearranged together, so other faces may have moved too.
            looks |= self._embed(frame, readings, [i for i in able if i not in looks])
        for i in looks:
            stays[i].looked = frame.time
        return looks

    def _turn(self, reading: Reading, time: float) -> int:
        """Return the index of the period of `every` seconds in which `time` lies.

        Each face is due once in each period. The periods of different tracks are staggered.
        """
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

    def _is_another(self, person: _KnownFace | None, vector: NDArray[np.float32]) -> bool:
        """Return whether a face no longer matches its person."""
        if person is None or person.sum is None:
            return False
        return float(_unit(person.sum) @ vector) < self.embedder.threshold - _STAYING

    def _recognise(self, stays: Sequence[_Stay], looks: Mapping[int, NDArray[np.float32]]) -> None:
        """Assign each embedded face to the person whom it matches."""
        held = {id(s.person) for i, s in enumerate(stays) if i not in looks}
        people = [p for p in self._people if p.sum is not None and id(p) not in held]
        rows = list(looks)
        owners = self._match([stays[i] for i in rows], [looks[i] for i in rows], people)
        taken = {id(person) for person in owners.values()}
        for row, i in enumerate(rows):
            stay, vector = stays[i], looks[i]
            person = owners.get(row)
            if person is None and stay.person is not None and stay.person.sum is None:
                # The person was known only by position, and the face matches no other person.
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
        people: Sequence[_KnownFace],
    ) -> dict[int, _KnownFace]:
        """Return the matching person of each face, by index; faces without a match are left out."""
        if not stays or not people:
            return {}
        known = np.stack([_unit(person.sum) for person in people if person.sum is not None])
        faces = np.stack(
            [_unit(np.sum([*s.looks, v], axis=0)) for s, v in zip(stays, vectors, strict=True)]
        )
        cosines = (faces @ known.T).astype(np.float64)
        for row, stay in enumerate(stays):
            for column, person in enumerate(people):
                cosines[row, column] += _STAYING * (person is stay.person)
        limit = 1 - self.embedder.threshold
        _, columns, _ = lap.lapjv(1 - cosines, extend_cost=True, cost_limit=limit)
        return {row: people[column] for row, column in enumerate(columns) if column >= 0}

    def _assign_seats(self, readings: Sequence[Reading], stays: Sequence[_Stay]) -> None:
        """Assign seats to new people, and to faces that cannot be recognised."""
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
            # An embedded face matched no person's vectors, so its person has no vectors yet.
            free = [
                person
                for person in self._people
                if id(person) not in here and (person.sum is None or not stay.looks)
            ]
            person = min(free, key=lambda p: p.place.distance(box), default=None)
            if person is None or math.isinf(person.place.distance(box)):
                number = max((p.number for p in self._people), default=0) + 1
                person = _KnownFace(number, Place.of(box))
                self._people.append(person)
            self._give(stay, person, stay.looks)
            here.add(id(person))

    def _give(self, stay: _Stay, person: _KnownFace, looks: Sequence[NDArray[np.float32]]) -> None:
        """Assign a person to a track, and unassign the person from any other track."""
        for other in self._stays.values():
            if other.person is person and other is not stay:
                other.lose()
        stay.person, stay.strange, stay.looks = person, 0, []
        for vector in looks:
            person.add(vector)


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = vector / np.linalg.norm(vector)
    return unit
