"""The differencing attack: what the figures before and after an event tell about one person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

from roomread.joining import FaceMessage, OpenRoom
from roomread.readings import Expression, Quality
from roomread.room.rounding import rounded_scores

# How often the expressions are shown in a class, in `Expression`'s order.
_USUAL = (0.06, 0.02, 0.04, 0.17, 0.08, 0.04, 0.59)
# A figure that an onlooker sees: how many people count, and their mean shares.
Figure = tuple[int, NDArray[np.float64]]
# Seconds that an onlooker averages.
MINUTE = 60


@dataclass(slots=True, eq=False)
class Student:
    """A student whose face mostly shows one expression, which the attack wants to know."""

    label: Expression
    shares: NDArray[np.float32]
    seat: int
    number: int = 0
    away: bool = False
    gone: bool = False


class Lesson:
    """A room on a clock of its own, whose students send a reading each second.

    Nine in ten of a student's readings are about the same, which makes the attack easy.

    Args:
        seed: Draws the expressions.
        cohorts: Whether the rule of cohorts holds; without, everybody who is read counts.
    """

    def __init__(self, seed: int, *, cohorts: bool = True) -> None:
        self.random = np.random.default_rng(seed)
        self.room = OpenRoom(max_seats=200, random=Random(seed))  # noqa: S311
        self.students: list[Student] = []
        self.figures: list[Figure | None] = []
        self.now = 0.0
        self._cohorts = cohorts

    def joins(self) -> Student:
        """Let a student join whose usual expression is drawn by lot."""
        label = Expression(int(self.random.choice(7, p=_USUAL)))
        shares = self.random.dirichlet(0.3 + 8 * np.eye(7)[label]).astype(np.float32)
        seat = self.room.join(self.now, len(self.students), faces=True, resume=None).seat
        student = Student(label, shares, seat)
        self.students.append(student)
        return student

    def run(self, seconds: int) -> None:
        """Let time pass."""
        others = self.random.dirichlet(np.array(_USUAL) * 3, size=16).astype(np.float32)
        for _ in range(seconds):
            self.now += 1.0
            moody = self.random.random(len(self.students)) < 0.1
            for student, is_moody in zip(self.students, moody, strict=True):
                if not student.gone:
                    student.number += 1
                    shares = others[student.number % 16] if is_moody else student.shares
                    shown = None if student.away else shares
                    message = FaceMessage(student.number, 0.05, shown, Quality(), 0)
                    self.room.report_face(self.now, student.seat, message)
            self.figures.append(self._figure())

    def _figure(self) -> Figure | None:
        """Return the figure of this moment as it is shown."""
        frame = self.room.tick(self.now)
        scores = [r.scores.probabilities for r in frame.readings if r.scores is not None]
        if not self._cohorts:
            # Everybody whose face is read at this moment.
            scores = [s.shares for s in self.students if not s.gone and not s.away]
        elif frame.withheld:
            return None
        if len(scores) < 5:
            return None
        return len(scores), rounded_scores(np.mean(scores, axis=0, dtype=np.float64))


def mean_of(figures: Sequence[Figure | None]) -> Figure | None:
    """Return the mean of figures; None without one."""
    known = [figure for figure in figures if figure is not None]
    if not known:
        return None
    return known[0][0], np.mean([shares for _, shares in known], axis=0)


def guess(before: Figure, after: Figure | None) -> Expression | None:
    """Return the expression of the person by whom two figures differ; None if they do not."""
    if after is None or before[0] == after[0]:
        return None
    (n, shares), (m, others) = before, after
    # Positive is the sum of those who are in one figure only.
    return Expression(int(np.argmax((n * shares - m * others) * (1 if n > m else -1))))


def attacked(event: str, people: int, seed: int, *, cohorts: bool = True) -> tuple[bool, bool]:
    """Return whether the attack finds a person's expression, and whether guessing does.

    Args:
        event: "joins", "leaves", "pauses", "turns away" or "reconnects".
        people: How many are in the room before.
        seed: Draws the class and the person.
        cohorts: See `Lesson`.
    """
    lesson = Lesson(seed, cohorts=cohorts)
    for _ in range(people):
        lesson.joins()
    lesson.run(MINUTE + 5)
    victim = lesson.students[seed % people]
    begun = len(lesson.figures)
    if event == "joins":
        victim = lesson.joins()
        lesson.run(5)
        # Without others nobody is admitted; four more are the least that the rule asks for.
        for _ in range(4 if cohorts else 0):
            lesson.joins()
            lesson.run(5)
    elif event == "leaves":
        victim.gone = True
        lesson.room.leave(victim.seat)
    elif event == "pauses":
        victim.away = True
        lesson.room.pause_seat(victim.seat, on=True)
    elif event == "turns away":
        victim.away = True
    else:
        victim.gone = True
        lesson.room.disconnect(lesson.now, victim.seat, victim.seat - 1)
    lesson.run(3 * MINUTE)
    before = mean_of(lesson.figures[begun - MINUTE : begun])
    assert before is not None
    later = [f for f in lesson.figures[begun:] if f is not None and f[0] != before[0]]
    found = guess(before, mean_of(later[:MINUTE]))
    usual = Expression(int(np.argmax(before[1])))
    return (found if found is not None else usual) is victim.label, usual is victim.label


def rates(event: str, *, people: int, lessons: int, cohorts: bool = True) -> tuple[float, float]:
    """Return how often the attack and how often guessing finds the expression, 0..1."""
    results = [attacked(event, people, seed, cohorts=cohorts) for seed in range(lessons)]
    return float(np.mean([found for found, _ in results])), float(
        np.mean([guessed for _, guessed in results])
    )
