"""Pack readings for storage, in about 45 bytes each, without changing the values that are shown.

The seat, the reason why a face is unreadable, the seven probabilities (float32) and the threshold
are stored exactly; the expression and the confidence follow from them. Times are rounded to
milliseconds. Boxes are stored in hundredths of a pixel, poses in tenths of a degree, and how far
the eyes are closed in thousandths; the pipeline rounds these values in the same way. Other values
of a reading are not stored.

Readings that are packed together form a batch, which begins with the number of its format. Batches
of the first format, which contains neither poses nor closed eyes, have no such number: they begin
with zlib's header, whose first byte is `_FIRST_HEADER`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roomread.readings import VALENCE, Box, Expression, Pose, Quality, Reading, Scores, Unreadable
from roomread.readings.action_units import EYES_CLOSED
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
# A record of the first format: time in ms, seat, reason (0 for readable), box in hundredths of a
# pixel, scores.
_FIRST_FIELDS: list[Any] = [
    ("time", "<u4"),
    ("seat", "<u4"),
    ("reason", "u1"),
    ("threshold", "<f8"),
    ("scores", "<f4", (len(Expression),)),
    ("box", "<i4", (4,)),
]
# The present format adds yaw, pitch and roll in tenths of a degree, and how far the eyes are closed
# in thousandths; `_UNKNOWN` where they are not known.
RECORD = np.dtype([*_FIRST_FIELDS, ("pose", "<i2", (3,)), ("eyes", "<i2")])
# The dtypes of the records by the first byte of a batch.
_FIRST_HEADER, _PRESENT = 0x78, 2
_FORMATS = {_FIRST_HEADER: np.dtype(_FIRST_FIELDS), _PRESENT: RECORD}
_PER_PIXEL, _PER_DEGREE, _PER_UNIT = 100, 10, 1000
_LARGEST = 2**31 - 1
_UNKNOWN = -(2**15)


def pack(readings: Sequence[Reading]) -> bytes:
    """Pack readings for storage; omit readings that have neither a seat nor a track id.

    A reading without a seat is stored under its track id.
    """
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
        pose, eyes = reading.pose, reading.eyes_closed
        record["pose"] = _UNKNOWN if pose is None else _tenths(pose)
        record["eyes"] = _UNKNOWN if eyes is None else round(_PER_UNIT * eyes)
    return pack_records(records)


def pack_records(records: NDArray[np.void]) -> bytes:
    """Pack records [N] of dtype `RECORD`; an empty array becomes empty bytes."""
    if not len(records):
        return b""
    # Store all first bytes, then all second bytes and so on; this compresses a fifth better.
    columns = records.view(np.uint8).reshape(len(records), RECORD.itemsize).T
    return bytes([_PRESENT]) + zlib.compress(columns.tobytes(), 1)


def unpack(blobs: Sequence[bytes]) -> NDArray[np.void]:
    """Unpack batches of any format into one array of records, in the order of the batches.

    Raises:
        KeyError: A batch has a format that this version does not know.
    """
    batches = [_decompress(blob) for blob in blobs if blob]
    records = np.empty(sum(columns.shape[1] for _, columns in batches), dtype=RECORD)
    # Unpack into the result directly, because concatenation would copy the records once more.
    rows, start = records.view(np.uint8).reshape(-1, RECORD.itemsize), 0
    for dtype, columns in batches:
        end = start + columns.shape[1]
        # The first format's fields are the first ones of the present format.
        rows[start:end, : dtype.itemsize] = columns.T
        if dtype is not RECORD:
            records["pose"][start:end] = records["eyes"][start:end] = _UNKNOWN
        start = end
    return records


def _decompress(blob: bytes) -> tuple[np.dtype[np.void], NDArray[np.uint8]]:
    """Return the dtype of a batch's records, and their bytes [itemsize, N]."""
    dtype = _FORMATS[blob[0]]
    content = zlib.decompress(blob if blob[0] == _FIRST_HEADER else blob[1:])
    return dtype, np.frombuffer(content, dtype=np.uint8).reshape(dtype.itemsize, -1)


def _tenths(pose: Pose) -> list[int]:
    return [round(_PER_DEGREE * angle) for angle in (pose.yaw, pose.pitch, pose.roll)]


class StoredReadings:
    """The stored readings of a session's people, as columns and as `Reading`s.

    Args:
        records: The records, of dtype `RECORD`, in the order of their times.
        session: The session to which the readings belong.
        names: The names of enrolled people, by seat number.
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
        """Return the readings of the given time, in seconds, and of all later times."""
        return self[int(np.searchsorted(self._records["time"], milliseconds(time))) :]

    @property
    def times(self) -> NDArray[np.float64]:
        """The time of each reading from the start of the source, s, float64 [N], ascending."""
        return np.asarray(self._records["time"] / 1000.0, dtype=np.float64)

    @property
    def seats(self) -> NDArray[np.int64]:
        """The number of the seat of each reading, int64 [N]."""
        return np.asarray(self._records["seat"], dtype=np.int64)

    @property
    def readable(self) -> NDArray[np.bool_]:
        """Whether each face could be read, bool [N]."""
        return np.asarray(self._records["reason"] == 0, dtype=np.bool_)

    @property
    def scores(self) -> NDArray[np.float32]:
        """The seven probabilities of each reading, float32 [N, 7]; 0 where not readable."""
        return np.asarray(self._records["scores"], dtype=np.float32)

    @property
    def valences(self) -> NDArray[np.float32]:
        """The valence of each reading, -1..1, float32 [N]; 0 where not readable."""
        return np.asarray(self.scores @ VALENCE.astype(np.float32), dtype=np.float32)

    def last_boxes(self) -> dict[int, Box]:
        """Return the last face box at each seat, px, by seat number."""
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
            pose=_pose(record),
            action_units=_units(record),
        )


def _box(record: Any) -> Box:
    return Box(*(int(value) / _PER_PIXEL for value in record["box"]))


def _pose(record: Any) -> Pose | None:
    angles = record["pose"].tolist()
    return None if angles[0] == _UNKNOWN else Pose(*(angle / _PER_DEGREE for angle in angles))


def _units(record: Any) -> Mapping[str, float] | None:
    """Return the only stored action unit, how far the eyes are closed; None if unknown."""
    eyes = int(record["eyes"])
    return None if eyes == _UNKNOWN else {EYES_CLOSED: eyes / _PER_UNIT}
