"""Simulate a differencing attack on the figures of a room.

An onlooker compares the figures before and after a person joins or leaves, to find out which
expression this person shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

from roomread.joining import Cohorts
from roomread.joining.open_room import HELD_SECONDS
from roomread.readings import Expression
from roomread.room.rounding import rounded_scores

# The probabilities of the expressions in a class, in the order of `Expression`.
_USUAL = (0.06, 0.02, 0.04, 0.17, 0.08, 0.04, 0.59)
_MOST_FREQUENT = Expression(int(np.argmax(_USUAL)))
# Pausing has the same effect as leaving, and a lost connection the same as turning away. A person
# who "is replaced" leaves, and another person joins a minute later.
EVENTS = ("joins", "leaves", "turns away", "is replaced")
# What an onlooker sees at one time: the number of people who count, and their mean probabilities.
Figure = tuple[int, NDArray[np.float64]]
# Number of seconds over which an onlooker averages the figures.
MINUTE = 60
# Minimum number of people in a figure.
_LEAST = 5


@dataclass(slots=True, eq=False)
class Student:
    """A student whose face mostly shows one expression, which the attack tries to find out.

    Attributes:
        label: The expression that the face mostly shows.
        shares: The probabilities of the expressions in most readings, float64 [7].
        frozen: The last reading, which still counts while the student cannot be read; None while
            the student can be read.
        read_at: The time of the last reading, s.
        gone: Whether the student left or paused, so that no reading counts.
    """

    label: Expression
    shares: NDArray[np.float64]
    frozen: NDArray[np.float64] | None = None
    read_at: float = 0.0
    gone: bool = False


class Lesson:
    """A room with a simulated clock, whose students send a reading each second.

    Nine in ten readings of a student are the same, which makes the attack easy. `Cohorts` decides
    who counts as in `OpenRoom`, where the last reading of a person who cannot be read still counts
    for some time.

    Args:
        seed: The seed of the random expressions.
        cohorts: Whether people begin and stop counting in cohorts; if not, everyone who is read
            counts.
    """

    def __init__(self, seed: int, *, cohorts: bool = True) -> None:
        self.random = np.random.default_rng(seed)
        self.students: list[Student] = []
        self.figures: list[Figure | None] = []
        self.now = 0.0
        self._cohorts = Cohorts(Random(seed)) if cohorts else None  # noqa: S311

    def joins(self) -> Student:
        """Let a student join whose usual expression is drawn at random."""
        label = Expression(int(self.random.choice(7, p=_USUAL)))
        shares = self.random.dirichlet(0.3 + 8 * np.eye(7)[label])
        student = Student(label, shares)
        self.students.append(student)
        return student

    def looks_away(self, student: Student) -> None:
        """Make a student unreadable from now on."""
        student.frozen = student.shares

    def run(self, seconds: int) -> None:
        """Advance the clock, and add the figure of each second."""
        moods = self.random.dirichlet(np.array(_USUAL) * 3, size=16)
        shown: list[NDArray[np.float64]] = []
        counts: list[int] = []
        for _ in range(seconds):
            self.now += 1.0
            is_moody = self.random.random(len(self.students)) < 0.1
            readings = {}
            for number, student in enumerate(self.students):
                if student.frozen is not None:
                    readings[number] = student.frozen
                else:
                    student.read_at = self.now
                    mood = moods[(int(self.now) + number) % 16]
                    readings[number] = mood if is_moody[number] else student.shares
            counted = self._counted()
            counts.append(len(counted))
            known = [readings[number] for number in counted] or [np.eye(7)[0]]
            shown.append(np.mean(known, axis=0))
        rounded = rounded_scores(np.array(shown))
        self.figures += [
            (count, shares) if count >= _LEAST else None
            for count, shares in zip(counts, rounded, strict=True)
        ]

    def _counted(self) -> list[int]:
        """Return the seats of the students who count now."""
        if self._cohorts is None:
            return [n for n, s in enumerate(self.students) if not s.gone and s.frozen is None]
        counted = self._cohorts.counted
        able = {
            number
            for number, student in enumerate(self.students)
            if not student.gone
            and self.now - student.read_at < (HELD_SECONDS if number in counted else 1.6)
        }
        self._cohorts.update(self.now, able)
        return [] if self._cohorts.withheld else sorted(self._cohorts.counted)


def mean_of(figures: Sequence[Figure | None]) -> Figure | None:
    """Return the mean of the figures that are not None, or None if all are."""
    known = [figure for figure in figures if figure is not None]
    if not known:
        return None
    return known[0][0], np.mean([shares for _, shares in known], axis=0)


def difference(before: Figure, after: Figure | None, *, joined: bool) -> Expression | None:
    """Return the expression whose sum over the people differs most between two figures.

    Args:
        before: The figure before the event.
        after: The figure after the event; None if there is none.
        joined: Whether the person counts only after the event; otherwise, only before it.
    """
    if after is None:
        return None
    sums = [count * shares for count, shares in (before, after)]
    return Expression(int(np.argmax(sums[1] - sums[0] if joined else sums[0] - sums[1])))


@dataclass(frozen=True, slots=True)
class Guesses:
    """Whether three ways of guessing find a person's expression, or how often they do, 0..1.

    Attributes:
        attack: Guessing by the difference of the figures before and after, or else as `shown`.
        shown: Guessing the top expression of a figure in which the person counts.
        usual: Guessing the most frequent expression of people in general.
    """

    attack: float
    shown: float
    usual: float

    @property
    def gain(self) -> float:
        """The gain of the attack over the better of the two guesses."""
        return self.attack - max(self.shown, self.usual)


def attacked(event: str, people: int, seed: int, *, cohorts: bool = True) -> Guesses:
    """Simulate one lesson, and return whether the attack and whether guessing succeed.

    Args:
        event: The event that the onlooker uses, one of `EVENTS`.
        people: The number of people in the room before the event.
        seed: The seed of the random class and person.
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
        # At least four others must join too, because cohorts have five people or more.
        for _ in range(4 if cohorts else 0):
            lesson.joins()
            lesson.run(5)
    elif event in ("leaves", "is replaced"):
        victim.gone = True
    else:
        lesson.looks_away(victim)
    if event == "is replaced":
        lesson.run(MINUTE)
        lesson.joins()
    lesson.run(3 * MINUTE)
    before = mean_of(lesson.figures[begun - MINUTE : begun])
    assert before is not None
    if event == "is replaced":
        # Use figures with the newcomer that have as many people as before.
        later = [f for f in lesson.figures[-MINUTE:] if f is not None and f[0] == before[0]]
    else:
        later = [f for f in lesson.figures[begun:] if f is not None and f[0] != before[0]]
    after = mean_of(later[:MINUTE])
    containing = after if event == "joins" and after is not None else before
    shown = Expression(int(np.argmax(containing[1])))
    found = difference(before, after, joined=event == "joins")
    return Guesses(
        attack=(found if found is not None else shown) is victim.label,
        shown=shown is victim.label,
        usual=victim.label is _MOST_FREQUENT,
    )


def rates(event: str, *, people: int, lessons: int, cohorts: bool = True) -> Guesses:
    """Return how often the attack and guessing find the expression in several lessons, 0..1."""
    results = [attacked(event, people, seed, cohorts=cohorts) for seed in range(lessons)]
    return Guesses(
        attack=float(np.mean([result.attack for result in results])),
        shown=float(np.mean([result.shown for result in results])),
        usual=float(np.mean([result.usual for result in results])),
    )
