"""Measure the time of teaching, and the time that profiles add to a picture.

    python benchmarks/few_shot.py PORTRAIT

A person and a state are taught from five variants of the portrait, and the portrait is read with
and without both profiles in turns. `roomread fewshot benchmark` measures the accuracy.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import numpy as np
from PIL import Image

from roomread import Analyzer, Expression, Frame
from roomread.fewshot import Consent, Profile, evaluate
from roomread.media import read_image

ROUNDS = 200


def main() -> None:
    """Print the time of teaching, and the time that profiles add to a picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("portrait", type=Path)
    image = read_image(parser.parse_args().portrait)
    picture = Image.fromarray(image)
    pictures = [np.asarray(picture.rotate(angle)) for angle in (-8, -4, 0, 4, 8)]
    analyzer = Analyzer()
    analyzer.analyze(image)
    consent = Consent.today("the benchmark")

    begun = _now()
    state = Profile.from_references("state", pictures, analyzer=analyzer)
    evaluate(state, analyzer.model)
    print(f"teaching and judging a state from 5 pictures: {_since(begun)}")
    begun = _now()
    person = Profile.from_references(
        "person", {Expression.NEUTRAL: pictures}, analyzer=analyzer, consent=consent
    )
    evaluate(person, analyzer.model)
    print(f"teaching and judging a person from 5 pictures: {_since(begun)}")

    taught = analyzer.with_profiles([person, state])
    frame = Frame(image, 0.0, 0, "portrait")
    times: dict[str, list[float]] = {"plain": [], "taught": []}
    for _ in range(ROUNDS):
        for name, one in (("plain", analyzer), ("taught", taught)):
            start = time.perf_counter()
            one.analyze_frame(frame)
            times[name].append(1000 * (time.perf_counter() - start))
    plain, with_both = (statistics.median(values) for values in times.values())
    pairs = zip(times["taught"], times["plain"], strict=True)
    added = statistics.median(after - before for after, before in pairs)
    print(
        f"a picture of {image.shape[1]} x {image.shape[0]}: {plain:.1f} ms, with both profiles "
        f"{with_both:.1f} ms; median of the paired differences {added:+.2f} ms "
        f"({100 * added / plain:+.1f} %)"
    )


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(begun: tuple[float, float]) -> str:
    wall, busy = (now - then for now, then in zip(_now(), begun, strict=True))
    return f"{wall:.2f} s, {busy:.2f} s of processor time"


if __name__ == "__main__":
    main()
