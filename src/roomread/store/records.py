"""What a session consists of, and how readings are packed for keeping."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from roomread.readings import VALENCE, Box, Expression, Quality, Reading, Scores, Unreadable

# Who has the sessions of the command line, and of an app that asks for no sign-in.
LOCAL_OWNER = "local"
# A recording that has written nothing for so long was interrupted, s.
_SILENCE = 60.0
# Reasons by the number they are kept as, less one. Only ever add at the end.
REASONS = (
    Unreadable.TOO_SMALL,
    Unreadable.CUT_OFF,
    Unreadable.TOO_DARK,
    Unreadable.TOO_BRIGHT,
    Unreadable.FLAT,
    Unreadable.BLURRED,
    Unreadable.TURNED_AWAY,
)
# One reading in 22 bytes: milliseconds, seat, reason (0: readable), probabilities in 255ths,
# the box in whole px.
RECORD = np.dtype(
    [
        ("time", "<u4"),
        ("seat", "<u2"),
        ("reason", "u1"),
        ("scores", "u1", (len(Expression),)),
        ("box", "<i2", (4,)),
    ]
)


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


def pack(readings: Sequence[Reading]) -> bytes:
    """Pack readings as records by seat, else by track; those with neither are left out."""
    readings = [reading for reading in readings if reading.person_key is not None]
    records = np.zeros(len(readings), dtype=RECORD)
    for record, reading in zip(records, readings, strict=True):
        record["time"] = milliseconds(reading.time)
        record["seat"] = reading.person_key or 0
        record["box"] = np.clip(np.round(reading.box), -(2**15), 2**15 - 1)
        if reading.scores is not None:
            record["scores"] = np.round(255 * reading.scores.probabilities)
        elif reading.quality.reason is not None:
            record["reason"] = REASONS.index(reading.quality.reason) + 1
    return records.tobytes()


def milliseconds(seconds: float) -> int:
    """Whole milliseconds, as times are kept."""
    return round(1000 * seconds)


class Readings:
    """The readings of a session's people, by columns.

    Args:
        records: of `RECORD`, in the order of their times.
        session: they are of.
        names: of seats, where people were enrolled.
    """

    def __init__(
        self, records: NDArray[np.void], session: Session, names: dict[int, str] | None = None
    ) -> None:
        self._records, self._session, self._names = records, session, names or {}

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, rows: slice) -> Readings:
        return Readings(self._records[rows], self._session, self._names)

    @property
    def times(self) -> NDArray[np.float64]:
        """Seconds, float64 [N], ascending."""
        return np.asarray(self._records["time"] / 1000.0, dtype=np.float64)

    @property
    def seats(self) -> NDArray[np.int64]:
        """int64 [N]."""
        return np.asarray(self._records["seat"], dtype=np.int64)

    @property
    def readable(self) -> NDArray[np.bool_]:
        """Bool [N]."""
        return np.asarray(self._records["reason"] == 0, dtype=np.bool_)

    @property
    def scores(self) -> NDArray[np.float32]:
        """float32 [N, 7], rows summing to 1; 0 in rows that are not readable."""
        scores = self._records["scores"].astype(np.float32)
        return np.asarray(scores / np.maximum(scores.sum(axis=1, keepdims=True), 1), np.float32)

    @property
    def valences(self) -> NDArray[np.float32]:
        """float32 [N], -1..1; 0 in rows that are not readable."""
        # One product for the signed and the plain sum; `scores` would divide all seven.
        sums = np.stack([VALENCE, np.ones(len(Expression))], axis=1).astype(np.float32)
        signed, whole = (self._records["scores"].astype(np.float32) @ sums).T
        return np.asarray(signed / np.maximum(whole, 1), np.float32)

    def last_boxes(self) -> dict[int, Box]:
        """Where each seat was seen last, px."""
        return {int(r["seat"]): Box(*map(float, r["box"])) for r in self._records}

    def __iter__(self) -> Iterator[Reading]:
        for record, scores in zip(self._records, self.scores, strict=True):
            yield self._reading(record, scores)

    def _reading(self, record: Any, scores: NDArray[np.float32]) -> Reading:
        box, code = Box(*map(float, record["box"])), int(record["reason"])
        # Of the quality only what was kept: the size, and the reason.
        reason = REASONS[code - 1] if code else None
        size = max(box.width, box.height)
        seat = int(record["seat"])
        return Reading(
            source=self._session.source,
            time=float(record["time"]) / 1000,
            frame_index=None,
            box=box,
            detection_confidence=None,
            quality=Quality(size=size, reason=reason),
            scores=None if code else Scores(scores, self._session.threshold),
            seat=seat,
            person=self._names.get(seat),
        )


def unpack(blobs: Sequence[bytes]) -> NDArray[np.void]:
    """The records of batches, in their order; read-only."""
    return np.frombuffer(b"".join(blobs), dtype=RECORD)


def without_secrets(source: str) -> str:
    """An address without its user, password and query; anything else as it is."""
    if "://" not in source:
        return source
    parts = urlsplit(source)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"
