"""Measure the mood of classes of 25 whose expressions are known, after a codec at 300 kbit/s.

    python benchmarks/class_mood.py [path/to/fer2013.parquet] [--calls 12] [--hours 10]

Faces of PublicTest are shown in calls of 25, compressed and read by the whole pipeline. From these
readings, classes are simulated whose shares of expressions change over time. The output is the
error of the shares, the coverage of their 95 % interval, the false alarms in classes without a
change, and the falls that are reported. The truth is the FER+ majority. No picture is shown or
saved.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from roomread import Analyzer
from roomread.bench.coded_call import Codec, FaceCall, encode
from roomread.bench.known_class import (
    RULE,
    Shown,
    run_lesson,
    share_agreement,
    valence_agreement,
)
from roomread.pipeline import RoomPipeline
from roomread.readings import VALENCE, Expression, Reading
from roomread.training.dataset import FerData, Split, vote_majority
from roomread.training.fer2013 import read_fer2013

DATA = Path(__file__).parents[2] / "shared" / "data" / "fer2013.parquet"
PEOPLE, RATE, EVERY, KBITS = 25, 15, 0.5, 300
# The time of the lasting fall, and the end of the lesson, s.
FALL, END = 600, 900
# The classes, as shares of expressions; the rest of each is neutral.
CALM = {Expression.HAPPY: 0.3, Expression.SURPRISE: 0.05, Expression.SAD: 0.1}
LIVELY = {Expression.HAPPY: 0.6, Expression.SURPRISE: 0.1, Expression.SAD: 0.05}
TENSE = {Expression.HAPPY: 0.1, Expression.ANGRY: 0.1, Expression.FEAR: 0.05, Expression.SAD: 0.25}


def chances(shares: dict[Expression, float], seconds: int) -> NDArray[np.float64]:
    """Return the probability of each expression in each second, float64 [seconds, 7]."""
    row = np.zeros(len(Expression))
    for expression, share in shares.items():
        row[expression] = share
    row[Expression.NEUTRAL] = 1 - row.sum()
    return np.tile(row, (seconds, 1))


def read_pool(data: FerData, *, calls: int, seconds: float, seed: int) -> list[Shown]:
    """Return the readings of faces in calls at 300 kbit/s, with equally many of each expression."""
    part = data.split(Split.PublicTest).faces_only()
    if part.votes is None:
        raise SystemExit("the data set has no FER+ votes")
    majority, random = vote_majority(part.votes), np.random.default_rng(seed)
    used = [e for e in Expression if e in {*CALM, *LIVELY, *TENSE, Expression.NEUTRAL}]
    of_each = -(-calls * PEOPLE // len(used))
    rows = [random.permutation(np.flatnonzero(majority == e))[:of_each] for e in used]
    order = random.permutation(np.concatenate(rows))[: calls * PEOPLE]
    pool = []
    for index in range(calls):
        chosen = order[PEOPLE * index : PEOPLE * (index + 1)]
        call = FaceCall(part.images[chosen], seed=seed + index)
        video = encode(call.frames(seconds, rate=RATE), Codec.H264, kbits=KBITS, rate=RATE)
        room, seen = RoomPipeline.of(Analyzer(), every=EVERY), list[list[Reading | None]]()
        for frame in video.frames():
            if frame.index and frame.index % round(EVERY * RATE) == 0:
                seen.append(call.by_tile(room.push(frame).readings))
        readings = zip(*seen, strict=True)
        pool += [
            Shown(Expression(int(majority[row])), tuple(of))
            for row, of in zip(chosen, readings, strict=True)
        ]
    return pool


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="?", default=DATA)
    parser.add_argument("--calls", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each call")
    parser.add_argument("--hours", type=int, default=10, help="without a change")
    parser.add_argument("--falls", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    data = read_fer2013(options.data)
    pool = read_pool(data, calls=options.calls, seconds=options.seconds, seed=options.seed)
    print(f"{len(pool)} faces of PublicTest, H.264 asked for {KBITS} kbit/s\n", flush=True)
    changing = np.concatenate([chances(each, 300) for each in (CALM, LIVELY, TENSE, CALM)])
    lesson = run_lesson(pool, changing, people=PEOPLE, seed=options.seed)
    print("| share | mean error | bias | in the 95 % band |\n|---|---|---|---|")
    rows = {e.display_name: share_agreement(lesson, e) for e in Expression}
    for name, found in (rows | {"valence": valence_agreement(lesson)}).items():
        print(f"| {name} | {found.error:.3f} | {found.bias:+.3f} | {found.covered:.1%} |")
    even = [
        run_lesson(pool, chances(CALM, 3600), people=PEOPLE, seed=1000 + hour)
        for hour in range(options.hours)
    ]
    false = sum(len(one.alerts) for one in even)
    print(f"\n'{RULE}': {false} false alarms in {options.hours} h without a change", flush=True)
    falling = np.concatenate([chances(LIVELY, FALL), chances(TENSE, END - FALL)])
    told = [run_lesson(pool, falling, people=PEOPLE, seed=i).alerts for i in range(options.falls)]
    delays = [next(t - FALL for t in times if t >= FALL) for times in told if times[-1:] >= [FALL]]
    early = sum(t < FALL for times in told for t in times)
    median = f"after {np.median(delays):.0f} s (median)" if delays else ""
    print(
        f"a fall of the true valence by {_fall():.2f}: {len(delays)} of {options.falls} reported "
        f"{median}, {early} false alarms before it"
    )


def _fall() -> float:
    """Return the size of the fall of the true valence."""
    return float((chances(LIVELY, 1) - chances(TENSE, 1))[0] @ VALENCE)


if __name__ == "__main__":
    main()
