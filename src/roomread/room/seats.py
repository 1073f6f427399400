"""Assign each face to a seat: a place in a room, or a tile of a video call."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from roomread.readings import Box, Reading

# Maximum distance of a face from its seat, in sizes of the face: half the distance between
# neighbours in a call.
_REACH = 1.0
# Maximum ratio between the sizes of a face and of its seat; other faces belong to other seats.
_GROWTH = 2.0
# Weight with which a seat's place follows its face, because people lean and move their chairs.
_FOLLOW = 0.1


@dataclass(slots=True)
class Place:
    """The position of a seat: the centre and the size of the face there, px."""

    x: float
    y: float
    size: float

    @classmethod
    def of(cls, box: Box) -> Place:
        """Return the place of a face, given its box."""
        return cls(*box.center, _size(box))

    def distance(self, box: Box) -> float:
        """Return a face's distance, in face sizes; infinity if it cannot belong to this place."""
        size = _size(box)
        if not 1 / _GROWTH <= size / self.size <= _GROWTH:
            return math.inf
        x, y = box.center
        distance = math.hypot(x - self.x, y - self.y) / max(size, self.size)
        return distance if distance <= _REACH else math.inf

    def follow(self, box: Box) -> None:
        """Move the place slightly towards a face."""
        x, y = box.center
        self.x += _FOLLOW * (x - self.x)
        self.y += _FOLLOW * (y - self.y)
        self.size += _FOLLOW * (_size(box) - self.size)


@dataclass(slots=True)
class _Seat:
    """A numbered place, and the track of the last face there."""

    number: int
    place: Place
    track_id: int


class Seats:
    """The seats of one source, numbered from 1 in the order in which faces first take them.

    A seat is a place, not a face. A person who leaves and comes back to the same place, even
    minutes later, gets the same seat; a person who takes the place of another person gets that
    person's seat. Seats that are first taken in the same frame are numbered row by row.

    Args:
        places: The boxes of the seats that are already known, px, by the number of the seat.
    """

    def __init__(self, places: Mapping[int, Box] | None = None) -> None:
        self._seats = [
            # No track has the id 0, so a known seat is found by its place first.
            _Seat(number, Place.of(box), track_id=0)
            for number, box in sorted((places or {}).items())
        ]
        self._last_number = max((seat.number for seat in self._seats), default=0)
        self._of_track: dict[int, _Seat] = {}

    def update(self, readings: Sequence[Reading]) -> list[Reading]:
        """Return the readings of one frame with their `seat` set.

        Args:
            readings: The readings with their track ids; readings without a track id are omitted.
        """
        readings = [reading for reading in readings if reading.track_id is not None]
        seats = self._of_known_tracks(readings)
        newcomers = [i for i in range(len(readings)) if i not in seats]
        seats |= self._nearest_free(readings, newcomers, {id(s) for s in seats.values()})
        for i in reading_order(readings, set(newcomers) - set(seats)):
            seats[i] = self._new(readings[i])
        return [self._seated(reading, seats[i]) for i, reading in enumerate(readings)]

    def _of_known_tracks(self, readings: Sequence[Reading]) -> dict[int, _Seat]:
        """Return the seats of readings whose track has a seat, by index of the reading."""
        found = {}
        for i, reading in enumerate(readings):
            seat = self._of_track.get(reading.track_id or 0)
            if seat is not None and seat.track_id == reading.track_id:
                found[i] = seat
        return found

    def _nearest_free(
        self, readings: Sequence[Reading], newcomers: Sequence[int], taken: set[int]
    ) -> dict[int, _Seat]:
        """Match new tracks to the seats that are free in this frame, nearest pairs first."""
        free = [seat for seat in self._seats if id(seat) not in taken]
        if not newcomers or not free:
            return {}
        places = np.array([(seat.place.x, seat.place.y, seat.place.size) for seat in free])
        faces = np.array([(*readings[i].box.center, _size(readings[i].box)) for i in newcomers])
        distances = _distances(faces, places)
        found: dict[int, _Seat] = {}
        used: set[int] = set()
        for pair in np.argsort(distances, axis=None, kind="stable").tolist():
            face, place = divmod(pair, len(free))
            if len(found) == len(newcomers) or distances[face, place] == math.inf:
                break
            i = newcomers[face]
            if i not in found and place not in used:
                found[i] = free[place]
                used.add(place)
        return found

    def _new(self, reading: Reading) -> _Seat:
        self._last_number += 1
        seat = _Seat(self._last_number, Place.of(reading.box), reading.track_id or 0)
        self._seats.append(seat)
        return seat

    def _seated(self, reading: Reading, seat: _Seat) -> Reading:
        seat.place.follow(reading.box)
        # A track that lost its seat to another track gets a new seat when it returns.
        self._of_track.pop(seat.track_id, None)
        seat.track_id = reading.track_id or 0
        self._of_track[seat.track_id] = seat
        return replace(reading, seat=seat.number)


def _distances(faces: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distances of faces from places, float64 [faces, places].

    Args:
        faces: The middle x, middle y and size of each face, px.
        places: The middle x, middle y and size of each place, px.

    Returns:
        Distances in face sizes; infinity where a face cannot be at a place.
    """
    sizes, other = faces[:, 2, None], places[None, :, 2]
    apart = np.hypot(faces[:, 0, None] - places[None, :, 0], faces[:, 1, None] - places[None, :, 1])
    distances = apart / np.maximum(sizes, other)
    alike = (sizes <= _GROWTH * other) & (other <= _GROWTH * sizes)
    result: NDArray[np.float64] = np.where(alike & (distances <= _REACH), distances, math.inf)
    return result


def _size(box: Box) -> float:
    return math.sqrt(max(box.area, 1.0))


def reading_order(readings: Sequence[Reading], chosen: set[int]) -> list[int]:
    """Return the indices `chosen`, row by row from the top, and from left to right in each row."""
    # Faces whose heights differ by less than a face belong to one row.
    row = 1.5 * statistics.median([_size(readings[i].box) for i in chosen] or [1.0])

    def place(i: int) -> tuple[int, float]:
        x, y = readings[i].box.center
        return round(y / row), x

    return sorted(chosen, key=place)
