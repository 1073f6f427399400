"""Compare the measured mood of a simulated school class with the expressions that it shows.

Alerts that the valence fell are collected too. The readings of the class are results of the whole
pipeline for known faces, such as the faces of a call (`coded_call`). Each person shows one face for
a while, then another. The expressions are drawn with known probabilities, so that their true
frequencies are known at every moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from roomread.pipeline import RoomPipeline
from roomread.readings import VALENCE, Expression, Reading
from roomread.room import Attention, Interval, RoomMeter, RoomMood, parse_rules

RULE = "room valence fell by 20% in 3 min"
# Window over which the true shares are averaged, as in the room meter, s.
WINDOW = 10


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """One face and the pipeline's readings of it in several frames.

    Attributes:
        expression: The expression that most FER+ taggers chose for the face.
        readings: The reading of the face in each frame; None where the face was not found.
    """

    expression: Expression
    readings: tuple[Reading | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """The measured moods, the true expressions and the alerts of one simulated lesson.

    Attributes:
        moods: The M measured moods of the room, in order of time.
        truth: The fraction of people who show each expression, float64 [M, 7], averaged over the
            seconds before each mood.
        alerts: The times at which a fall of the valence was reported, s.
    """

    moods: list[RoomMood]
    truth: NDArray[np.float64]
    alerts: list[float]


def run_lesson(
    pool: Sequence[Shown],
    probabilities: NDArray[np.float64],
    *,
    people: int = 25,
    hold: float = 20.0,
    seed: int = 0,
) -> Lesson:
    """Simulate a lesson in which people show faces of a pool, and measure the room's mood.

    Args:
        pool: Faces, at least one for each expression that has a probability over 0 at any time.
        probabilities: The probability of each expression in each of T seconds, float64 [T, 7];
            rows sum to 1.
        people: The number of people.
        hold: The mean time for which a person shows one face, s.
        seed: The random seed.
    """
    random = np.random.default_rng(seed)
    faces = {e: [face for face in pool if face.expression == e] for e in Expression}
    shown: list[Shown | None] = [None] * people
    attention = Attention(parse_rules(RULE), every=1.0)
    room = RoomPipeline(meter=RoomMeter(), attention=attention)
    counts = np.zeros((len(probabilities), len(Expression)))
    moods, truth, alerts = [], [], []
    for second, chance in enumerate(probabilities):
        readings = []
        for person in range(people):
            now = shown[person]
            if now is None or random.random() < 1 / hold:
                of = faces[Expression(int(random.choice(len(Expression), p=chance)))]
                now = shown[person] = of[random.integers(len(of))]
            counts[second, now.expression] += 1
            reading = now.readings[random.integers(len(now.readings))]
            if reading is not None:
                readings.append(replace(reading, track_id=person, seat=person, time=float(second)))
        moment = room.push_readings(float(second), readings)
        alerts += [alert.time for alert in moment.alerts if alert.ended is None]
        if moment.mood is not None and moment.mood.scores is not None:
            moods.append(moment.mood)
            truth.append(counts[max(0, second - WINDOW) : second + 1].mean(axis=0) / people)
    return Lesson(moods, np.array(truth), alerts)


@dataclass(frozen=True, slots=True)
class FigureAgreement:
    """The comparison of a share or the valence, measured in each mood of a lesson, with the truth.

    Attributes:
        error: The mean absolute difference of measured value and truth.
        bias: The mean of measured value minus truth.
        covered: The fraction of moods whose 95 % interval contains the truth, 0..1.
    """

    error: float
    bias: float
    covered: float


def share_agreement(lesson: Lesson, expression: Expression) -> FigureAgreement:
    """Compare the measured fraction of people who show an expression with the true fraction."""
    truth = lesson.truth[:, expression]
    found = np.array([mood.scores[expression] for mood in lesson.moods if mood.scores is not None])
    return _agreement(found, truth, [mood.interval(expression) for mood in lesson.moods])


def valence_agreement(lesson: Lesson) -> FigureAgreement:
    """Compare the measured valence with the true valence, computed from the true fractions."""
    truth = lesson.truth @ VALENCE
    found = np.array([mood.valence for mood in lesson.moods if mood.valence is not None])
    return _agreement(found, truth, [mood.valence_interval for mood in lesson.moods])


def _agreement(
    found: NDArray[np.float64], truth: NDArray[np.float64], bands: Sequence[Interval | None]
) -> FigureAgreement:
    errors = found - truth
    held = [
        band is not None and band.low <= value <= band.high
        for band, value in zip(bands, truth, strict=True)
    ]
    return FigureAgreement(float(np.abs(errors).mean()), float(errors.mean()), float(np.mean(held)))
