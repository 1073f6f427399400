"""Create readings of a class for tests, without pictures or nets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from roomread.readings import Box, Expression, Quality, Reading, Scores, Unreadable


def showing(expression: Expression, confidence: float = 0.9) -> NDArray[np.float32]:
    """Return scores float32 [7] with a confidence for one expression, the rest divided equally."""
    scores = np.full(len(Expression), (1 - confidence) / 6, dtype=np.float32)
    scores[expression] = confidence
    return scores


def tile(seat: int) -> Box:
    """Return the box of the face in a tile, px; tiles are counted from 1, seven in a row."""
    row, column = divmod(seat - 1, 7)
    left, top = 270.0 * column + 90, 150.0 * row + 30
    return Box(left, top, left + 70, top + 90)


def reading(
    seat: int, time: float, scores: NDArray[np.float32] | None, *, box: Box | None = None
) -> Reading:
    """Return a reading of a person in a tile; it is unreadable when `scores` is None."""
    reason = None if scores is not None else Unreadable.TURNED_AWAY
    quality = Quality(90, 1, 0.5, 0.2, 1, None, reason)
    said = Scores(scores, 0.3) if scores is not None else None
    return Reading("lesson", time, 0, box or tile(seat), 1.0, quality, said, seat)


def frame(
    time: float, shown: Mapping[int, Expression | None], confidence: float = 0.9
) -> list[Reading]:
    """Return the readings of one frame from the expression of each seat; None is unreadable."""
    return [
        reading(seat, time, None if e is None else showing(e, confidence))
        for seat, e in shown.items()
    ]


def lesson(
    seconds: float,
    *,
    people: int = 30,
    every: float = 0.5,
    moods: Sequence[tuple[float, float]] = ((0.0, 0.5),),
    seed: int = 0,
) -> Iterator[tuple[float, list[Reading]]]:
    """Yield the frames of a lesson in which more or fewer people smile at different times.

    Each pair in `moods` is a time, s, and the fraction of people who smile from then on. A person
    changes their expression about every 20 s, and one in ten is unreadable at a time.
    """
    random = np.random.default_rng(seed)
    shown: dict[int, Expression | None] = {}
    for number in range(round(seconds / every)):
        time = number * every
        share = [level for start, level in moods if start <= time][-1]
        for seat in range(1, people + 1):
            if seat not in shown or random.random() < every / 20:
                kind = random.random()
                if kind < 0.1:
                    shown[seat] = None
                else:
                    smiles = random.random() < share
                    shown[seat] = Expression.HAPPY if smiles else Expression.NEUTRAL
        yield time, frame(time, shown)
