"""Measure false alarms, found falls and delays of the rule "room valence fell by 20% in 3 min".

    python benchmarks/attention.py                # classes of 10, 30 and 50, 20 hours of each

Each person smiles or is neutral. At random intervals a person changes to a smile with a probability
of one half, so that the valence varies as in a class without a lasting change. In other classes
this probability falls permanently after ten minutes. `certainty` is `Attention`'s `min_certainty`;
with 0 every fall of 20 % is reported, also falls by chance.
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

from roomread.readings import Expression
from roomread.room import Attention, RoomMood, parse_rules

RULE = parse_rules("room valence fell by 20% in 3 min")
# The scores that a net gives to a smile and to a neutral face.
CONFIDENCE = 0.9
# The window of a mood, s.
WINDOW = 10
# The time of the fall, and the time from the fall to the end of the lesson, s.
FALL, SOON = 600, 300


def shares(
    chance: NDArray[np.float64], people: int, hold: float, random: np.random.Generator
) -> NDArray[np.float64]:
    """Return the share of people who smile in each second, by majority over `WINDOW` seconds."""
    seconds = len(chance)
    changed = random.random((seconds, people)) < 1 / hold
    changed[0] = True
    drawn = random.random((seconds, people)) < chance[:, None]
    last = np.maximum.accumulate(np.where(changed, np.arange(seconds)[:, None], 0), axis=0)
    smiles = np.take_along_axis(drawn, last, axis=0)
    total = np.vstack([np.zeros(people), np.cumsum(smiles, axis=0)])
    return np.asarray((2 * (total[WINDOW:] - total[:-WINDOW]) > WINDOW).mean(axis=1))


def mood(time: float, share: float, people: int) -> RoomMood:
    """Return the mood of a class in which the fraction `share` of the people smiles."""
    scores = np.full(len(Expression), (1 - CONFIDENCE) / 6)
    scores[Expression.HAPPY] += (CONFIDENCE - scores[0]) * share
    scores[Expression.NEUTRAL] += (CONFIDENCE - scores[0]) * (1 - share)
    return RoomMood(time, people, people, scores)


def alarms(series: NDArray[np.float64], people: int, certainty: float) -> list[float]:
    """Return the times at which the rule reports a fall of the valence, s."""
    attention = Attention(RULE, min_certainty=certainty)
    return [
        alert.time
        for time, share in enumerate(series)
        for alert in attention.update_room(mood(float(time), float(share), people))
        if alert.ended is None
    ]


def main() -> None:
    """Print the measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=20, help="of each class without a fall")
    parser.add_argument("--hold", type=float, default=20, help="seconds for which a face stays")
    parser.add_argument("--certainty", type=float, nargs="*", default=[0.0, 0.99])
    options = parser.parse_args()
    valence = CONFIDENCE - (1 - CONFIDENCE) / 6
    print(f"faces change every {options.hold:g} s, {options.hours} h of each")
    for certainty in options.certainty:
        for people in (10, 30, 50):
            random = np.random.default_rng(people)
            even = [
                shares(np.full(3600, 0.5), people, options.hold, random)
                for _ in range(options.hours)
            ]
            false = sum(len(alarms(series, people, certainty)) for series in even) / options.hours
            told = []
            for size in (0.2, 0.3, 0.4, 0.5):
                chance = np.full(FALL + SOON, 0.25 + size / valence / 2)
                chance = np.clip(chance, 0, 1)
                chance[FALL:] -= size / valence
                chance = np.clip(chance, 0, 1)
                delays = []
                for _ in range(2 * options.hours):
                    times = alarms(shares(chance, people, options.hold, random), people, certainty)
                    # The mood at index t covers the `WINDOW` seconds that begin at t.
                    delays += [time - FALL + WINDOW for time in times if time >= FALL - WINDOW][:1]
                median = f"{np.median(delays):.0f} s" if delays else "-"
                told.append(f"{len(delays) / (2 * options.hours):.0%} after {median}")
            print(
                f"  certainty {certainty:4.2f}, {people:2} people: "
                f"{false:5.2f} false alarms an hour; "
                f"falls of 0.2, 0.3, 0.4, 0.5 told: {', '.join(told)}"
            )


if __name__ == "__main__":
    main()
