"""Match the tracks of neighbouring pieces of a video by the seconds that both pieces contain."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Overlap (IoU) above which two boxes in the same frame, found while reading two pieces, show the
# same face.
_SAME = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The faces of a part of a video, one row each.

    Attributes:
        time: Time of the face's frame, s, float [N].
        track_id: Track id of the face, int [N].
        box: Left, top, right, bottom in px, float [N, 4].
    """

    time: NDArray[np.float64]
    track_id: NDArray[np.int64]
    box: NDArray[np.float64]


def same_tracks(before: Rows, after: Rows) -> dict[int, int]:
    """Map tracks of `after` to the tracks of `before` that they continue, one to one.

    The pairs whose boxes overlap in the most frames are matched first.
    """
    votes: Counter[tuple[int, int]] = Counter()
    for time in np.intersect1d(before.time, after.time):
        old, new = before.time == time, after.time == time
        overlap = _overlap(before.box[old], after.box[new])
        for i, j in np.argwhere(overlap > _SAME):
            votes[int(after.track_id[new][j]), int(before.track_id[old][i])] += 1
    same: dict[int, int] = {}
    # Break ties by track id, so that every run gives the same result.
    for (new_track, old_track), _ in sorted(votes.items(), key=lambda vote: (-vote[1], vote[0])):
        if new_track not in same and old_track not in same.values():
            same[new_track] = old_track
    return same


def _overlap(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the intersection over union of boxes [N, 4] and [M, 4], float [N, M] in 0..1."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    common = np.clip(high - low, 0, None).prod(axis=-1)
    areas = [np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=-1) for boxes in (a, b)]
    union = areas[0][:, None] + areas[1][None] - common
    shares: NDArray[np.float64] = common / np.maximum(union, 1e-9)
    return shares


class Stitcher:
    """A renumbering of a video's tracks in which a face keeps its track id in all pieces."""

    def __init__(self) -> None:
        self._next = 1
        self._last: Rows | None = None

    def number(self, piece: Rows, *, lead: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the track ids of the next piece's rows, int [N].

        Args:
            piece: The rows of the piece, including the lead.
            lead: Whether each row is in the lead, the time that the previous piece contains too,
                bool [N].
        """
        names: dict[int, int] = {}
        if self._last is not None:
            begin = Rows(piece.time[lead], piece.track_id[lead], piece.box[lead])
            names = same_tracks(self._last, begin)
        for track in np.unique(piece.track_id[~lead]).tolist():
            if track not in names:
                names[track] = self._next
                self._next += 1
        numbers = np.array(
            [names.get(track, 0) for track in piece.track_id.tolist()], dtype=np.int64
        )
        self._last = Rows(piece.time[~lead], numbers[~lead], piece.box[~lead])
        return numbers
