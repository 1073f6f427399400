"""Represent many moods as columns, which take a fifth of the memory of objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import overload

import numpy as np
from numpy.typing import NDArray

from roomread.readings import VALENCE, Expression
from roomread.room.mood import RoomMood, difference_interval


@dataclass(frozen=True, slots=True, eq=False)
class MoodColumns(Sequence[RoomMood]):
    """A sequence of moods that are stored as columns; accessing a mood builds its object.

    Attributes:
        times: The end of each window, s, float64 [N].
        present: The number of people seen, int64 [N].
        readable: The number of these people who were readable, int64 [N].
        scores: The shares of the expressions, float64 [N, 7]; a row of NaN where unknown.
        baseline: The usual valence of the room, float64 [N]; NaN where it is not known.
        looking_away: The share of the people who look away, float64 [N]; NaN where unknown.
        states: The share of the people who show each taught state, by the state's name, float64
            [N]; NaN where the share is unknown.
    """

    times: NDArray[np.float64]
    present: NDArray[np.int64]
    readable: NDArray[np.int64]
    scores: NDArray[np.float64]
    baseline: NDArray[np.float64]
    looking_away: NDArray[np.float64]
    states: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    @classmethod
    def of(cls, moods: Sequence[RoomMood]) -> MoodColumns:
        """Convert moods to columns, or return them unchanged if they already are columns."""
        if isinstance(moods, MoodColumns):
            return moods
        nothing = np.full(len(Expression), np.nan)
        names = sorted({name for mood in moods for name in mood.states})
        return cls(
            times=np.array([mood.time for mood in moods], dtype=np.float64),
            present=np.array([mood.present for mood in moods], dtype=np.int64),
            readable=np.array([mood.readable for mood in moods], dtype=np.int64),
            scores=np.array(
                [nothing if mood.scores is None else mood.scores for mood in moods],
                dtype=np.float64,
            ).reshape(len(moods), len(Expression)),
            # None becomes NaN.
            baseline=np.array([mood.baseline for mood in moods], dtype=np.float64),
            looking_away=np.array([mood.looking_away for mood in moods], dtype=np.float64),
            states={
                name: np.array([mood.states.get(name) for mood in moods], dtype=np.float64)
                for name in names
            },
        )

    @classmethod
    def joined(cls, parts: Sequence[MoodColumns]) -> MoodColumns:
        """Concatenate several sequences of moods."""
        if not parts:
            return cls.of([])
        names = sorted({name for part in parts for name in part.states})
        return cls(
            times=np.concatenate([part.times for part in parts]),
            present=np.concatenate([part.present for part in parts]),
            readable=np.concatenate([part.readable for part in parts]),
            scores=np.concatenate([part.scores for part in parts]),
            baseline=np.concatenate([part.baseline for part in parts]),
            looking_away=np.concatenate([part.looking_away for part in parts]),
            states={
                name: np.concatenate(
                    [part.states.get(name, np.full(len(part), np.nan)) for part in parts]
                )
                for name in names
            },
        )

    @property
    def known(self) -> NDArray[np.bool_]:
        """Whether each mood has scores, bool [N]."""
        known: NDArray[np.bool_] = ~np.isnan(self.scores[:, 0])
        return known

    def __len__(self) -> int:
        """Return the number of moods."""
        return len(self.times)

    @overload
    def __getitem__(self, index: int) -> RoomMood: ...
    @overload
    def __getitem__(self, index: slice) -> MoodColumns: ...
    def __getitem__(self, index: int | slice) -> RoomMood | MoodColumns:
        """Return the mood at an index, or the moods of a slice as columns."""
        if isinstance(index, slice):
            states = {name: shares[index] for name, shares in self.states.items()}
            return MoodColumns(
                self.times[index],
                self.present[index],
                self.readable[index],
                self.scores[index],
                self.baseline[index],
                self.looking_away[index],
                states,
            )
        scores = self.scores[index]
        return RoomMood(
            float(self.times[index]),
            int(self.present[index]),
            int(self.readable[index]),
            None if np.isnan(scores[0]) else scores,
            _or_none(self.baseline[index]),
            {
                name: float(shares[index])
                for name, shares in self.states.items()
                if not np.isnan(shares[index])
            },
            _or_none(self.looking_away[index]),
        )

    # Compared by value, as lists are.
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        """Return whether another sequence has the same moods."""
        if not isinstance(other, (MoodColumns, list, tuple)):
            return NotImplemented
        return len(self) == len(other) and all(
            mine == theirs for mine, theirs in zip(self, other, strict=True)
        )


def valences(moods: Sequence[RoomMood]) -> NDArray[np.float64]:
    """Return the valence of each mood and the ends of its 95 % interval, float64 [N, 3].

    A mood without a valence has a row of NaN.
    """
    columns = MoodColumns.of(moods)
    rows = np.full((len(columns), 3), np.nan)
    known = columns.known
    scores, n = columns.scores[known], columns.readable[known].astype(np.float64)
    pleasant, unpleasant = scores[:, VALENCE > 0].sum(1), scores[:, VALENCE < 0].sum(1)
    rows[known, 0] = scores @ VALENCE
    rows[known, 1], rows[known, 2] = difference_interval(n * pleasant, n * unpleasant, n)
    return rows


def _or_none(value: np.float64) -> float | None:
    return None if np.isnan(value) else float(value)
