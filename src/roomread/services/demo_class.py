"""Record a synthetic class, with which users can try the program without a camera or a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from roomread.pipeline import RoomPipeline
from roomread.readings import Box, Expression, Quality, Reading, Scores, Unreadable
from roomread.room import Attention, RoomMeter, parse_rules
from roomread.room.session import Mark, Session
from roomread.services import purpose
from roomread.store import OwnerStore, Recorder

# The source by which the session is recognised.
SOURCE = "made up by Roomread"
_NAME = "Demo class (made up)"
# The activities of the lesson, and the proportion of the class that smiles from each time on. The
# valence is low in the last five minutes of the group work.
_MARKS = (
    Mark(0.0, "welcome"),
    Mark(180.0, "explanation"),
    Mark(480.0, "group work"),
    Mark(900.0, "discussion"),
)
_LEVELS = ((0.0, 0.55), (180.0, 0.45), (600.0, 0.08), (900.0, 0.5))
BAD_STRETCH = (600.0, 900.0)
_SECONDS, _EVERY = 1200, 1.0
_PEOPLE, _EXPECTED_CHANGES, _UNREADABLE = 26, 1 / 20, 0.08
_THRESHOLD = 0.4


@dataclass(slots=True)
class _Student:
    """The present expression of one student, and its confidence."""

    expression: Expression | None
    confidence: float


def open_demo_class(store: OwnerStore) -> Session:
    """Return the session of the synthetic class, which is recorded on the first call.

    The readings are random, from a fixed seed, and go through the pipeline and the recorder like
    those of any class. No face is read, so any installation may show the class, whatever its
    purpose.

    Args:
        store: The sessions of the owner.

    Raises:
        DatabaseError: The session cannot be written.
    """
    purpose.require(purpose.Activity.READ_DEMONSTRATION)
    known = next((each for each in store.sessions() if each.source == SOURCE), None)
    if known is not None and known.ended_at is not None:
        return known
    if known is not None:
        # The process that recorded it was killed before the end.
        store.delete(known.id)
    session = store.create(_NAME, source=SOURCE, threshold=_THRESHOLD)
    recorder = Recorder(store, session)
    pipeline = RoomPipeline(
        meter=RoomMeter.for_interval(_EVERY),
        attention=Attention(parse_rules(session.rules), people=False, every=_EVERY),
    )
    for time, readings in made_up_lesson():
        recorder.add(pipeline.push_readings(time, readings))
    recorder.close()
    store.mark(session.id, list(_MARKS))
    return store.session(session.id)


def made_up_lesson(seed: int = 7) -> Iterator[tuple[float, list[Reading]]]:
    """Yield the time and the readings of each second of the synthetic lesson.

    Args:
        seed: The random seed; the same seed gives the same lesson.
    """
    random = np.random.default_rng(seed)
    students: dict[int, _Student] = {}
    for second in range(_SECONDS):
        time = second * _EVERY
        smiling = [level for start, level in _LEVELS if start <= time][-1]
        for seat in range(1, _PEOPLE + 1):
            if seat not in students or random.random() < _EXPECTED_CHANGES:
                students[seat] = _drawn(random, smiling)
        yield time, [_reading(seat, time, each) for seat, each in students.items()]


def _drawn(random: np.random.Generator, smiling: float) -> _Student:
    """Choose a student's next expression at random; `smiling` is the probability of a smile."""
    confidence = float(random.uniform(0.5, 0.95))
    if random.random() < _UNREADABLE:
        return _Student(None, confidence)
    if random.random() < smiling:
        return _Student(Expression.HAPPY, confidence)
    others = (Expression.NEUTRAL, Expression.SAD, Expression.SURPRISE, Expression.ANGRY)
    kind = random.choice(len(others), p=(0.74, 0.12, 0.08, 0.06))
    return _Student(others[int(kind)], confidence)


def _reading(seat: int, time: float, student: _Student) -> Reading:
    row, column = divmod(seat - 1, 6)
    left, top = 300.0 * column + 110, 200.0 * row + 40
    scores = None
    if student.expression is not None:
        scores = Scores(_probabilities(student.expression, student.confidence), _THRESHOLD)
    reason = None if scores is not None else Unreadable.TURNED_AWAY
    return Reading(
        source=SOURCE,
        time=time,
        frame_index=round(time / _EVERY),
        box=Box(left, top, left + 80, top + 105),
        detection_confidence=0.9,
        quality=Quality(size=105.0, visible=1.0, reason=reason),
        scores=scores,
        track_id=seat,
        seat=seat,
        valence=scores.valence if scores is not None else None,
    )


def _probabilities(expression: Expression, confidence: float) -> NDArray[np.float32]:
    rest = (1 - confidence) / (len(Expression) - 1)
    probabilities = np.full(len(Expression), rest, dtype=np.float32)
    probabilities[expression] = confidence
    return probabilities
