"""Pack readings for storage, in about 37 bytes each, so that the displayed values are exact.

The seat, the reason why a face is unreadable, the seven probabilities (float32) and the threshold
are exact, and so are the expression and the confidence. Times are rounded to milliseconds and boxes
to a hundredth of a pixel, as the pipeline outputs them. Other values of a reading are not stored.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roomread.readings import VALENCE, Box, Expression, Quality, Reading, Scores, Unreadable
from roomread.room.session import Session
from roomread.store.records import milliseconds

# Reasons in the order of their stored numbers, from 1. New ones must be added at the end.
REASONS = (
    Unreadable.TOO_SMALL,
    Unreadable.CUT_OFF,
    Unreadable.TOO_DARK,
    Unreadable.TOO_BRIGHT,
    Unreadable.FLAT,
    Unreadable.BLURRED,
    Unreadable.TURNED_AWAY,
    Unreadable.TILTED,
    Unreadable.COVERED,
)
# A record: time in ms, seat, reason (0 for readable), box in hundredths of a pixel, scores.
RECORD = np.dtype(
    [
        ("time", "<u4"),
        ("seat", "<u4"),
        ("reason", "u1"),
        ("threshold", "<f8"),
        ("scores", "<f4", (len(Expression),)),
        ("box", "<i4", (4,)),
    ]
)
_PER_PIXEL = 100
_LARGEST = 2**31 - 1


def pack(readings: Sequence[Reading]) -> bytes:
    """Pack readings by seat, or by track without seats; those with neither are omitted."""
    keyed = [(key, each) for each in readings if (key := each.person_key) is not None]
    records = np.zeros(len(keyed), dtype=RECORD)
    for record, (key, reading) in zip(records, keyed, strict=True):
        record["time"] = milliseconds(reading.time)
        record["seat"] = key
        pixels = np.round(_PER_PIXEL * np.array(reading.box, dtype=np.float64))
        record["box"] = np.clip(pixels, -_LARGEST, _LARGEST)
        if reading.scores is not None:
            record["scores"] = reading.scores.probabilities
            record["threshold"] = reading.scores.threshold
        elif reading.quality.reason is not None:
            record["reason"] = REASONS.index(reading.quality.reason) + 1
    return pack_records(records)


def pack_records(records: NDArray[np.void]) -> bytes:
    """Pack records [N] of dtype `RECORD`; an empty array becomes empty bytes."""
    if not len(records):
        return b""
    # Store all first bytes, then all second bytes and so on; this compresses a fifth better.
    columns = records.view(np.uint8).reshape(len(records), RECORD.itemsize).T
    return zlib.compress(columns.tobytes(), 1)


def unpack(blobs: Sequence[bytes]) -> NDArray[np.void]:
    """Unpack batches into one array of records, in order."""
    size = RECORD.itemsize
    batches = [zlib.decompress(blob) for blob in blobs if blob]
    records = np.empty(sum(map(len, batches)) // size, dtype=RECORD)
    # Unpack into the result directly, because concatenation would copy the records once more.
    rows, start = records.view(np.uint8).reshape(-1, size), 0
    for batch in batches:
        columns = np.frombuffer(batch, dtype=np.uint8).reshape(size, -1)
        rows[start : start + columns.shape[1]] = columns.T
        start += columns.shape[1]
    return records


class StoredReadings:
    """The stored readings of a session's people, as columns and as `Reading`s.

    Args:
        records: the records, of dtype `RECORD`, in the order of their times.
        session: the session that contains them.
        names: names of enrolled people by seat.
    """

    def __init__(
        self, records: NDArray[np.void], session: Session, names: Mapping[int, str] | None = None
    ) -> None:
        self._records, self._session, self._names = records, session, names or {}

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, rows: slice) -> StoredReadings:
        return StoredReadings(self._records[rows], self._session, self._names)

    def since(self, time: float) -> StoredReadings:
        """Return the readings from a time on, s."""
        return self[int(np.searchsorted(self._records["time"], milliseconds(time))) :]

    @property
    def times(self) -> NDArray[np.float64]:
        """Seconds from the start of the source, float64 [N], ascending."""
        return np.asarray(self._records["time"] / 1000.0, dtype=np.float64)

    @property
    def seats(self) -> NDArray[np.int64]:
        """Numbers of the seats, int64 [N]."""
        return np.asarray(self._records["seat"], dtype=np.int64)

    @property
    def readable(self) -> NDArray[np.bool_]:
        """Whether each face could be read, bool [N]."""
        return np.asarray(self._records["reason"] == 0, dtype=np.bool_)

    @property
    def scores(self) -> NDArray[np.float32]:
        """Probabilities, float32 [N, 7], exactly as shown; 0 in unreadable rows."""
        return np.asarray(self._records["scores"], dtype=np.float32)

    @property
    def valences(self) -> NDArray[np.float32]:
        """Pleasant minus unpleasant probability, float32 [N], -1..1; 0 where not readable."""
        return np.asarray(self.scores @ VALENCE.astype(np.float32), dtype=np.float32)

    def last_boxes(self) -> dict[int, Box]:
        """Return the last box of each seat, px."""
        last: dict[int, int] = dict(zip(self.seats.tolist(), range(len(self)), strict=True))
        return {seat: _box(self._records[row]) for seat, row in last.items()}

    def __iter__(self) -> Iterator[Reading]:
        return map(self._reading, self._records)

    def _reading(self, record: Any) -> Reading:
        box, code, seat = _box(record), int(record["reason"]), int(record["seat"])
        scores = Scores(record["scores"].copy(), float(record["threshold"]))
        return Reading(
            source=self._session.source,
            time=int(record["time"]) / 1000,
            frame_index=None,
            box=box,
            detection_confidence=None,
            quality=Quality(reason=REASONS[code - 1] if code else None),
            scores=None if code else scores,
            seat=seat,
            person=self._names.get(seat),
        )


def _box(record: Any) -> Box:
    return Box(*(int(value) / _PER_PIXEL for value in record["box"]))
