"""Measure the times of the Python library: pictures in batches, a table of readings, the import.

    python benchmarks/library.py [--pictures 120] [--batch 32]

The pictures are photographs of one person and calls of five people, 1280 x 720 in JPEG, read from a
folder. Reading one by one and reading in batches take turns, and each ratio compares one pair of
runs. Everything is measured after a warm-up.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from roomread import Analyzer, Readings
from roomread.bench import scenes
from roomread.runtime import processors

ROUNDS = 5
# Limits of this project: batches, pandas (s), import (s).
FASTER, PANDAS, IMPORT = 1.5, 1.0, 0.3
READINGS = 100_000


def seconds(work: Callable[[], object]) -> float:
    """Return the time that a function takes, s."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def write_pictures(folder: Path, count: int) -> None:
    """Write pictures of 1280 x 720; every fourth shows five people, the others show one."""
    call = scenes.grid(columns=3, rows=2, people=5).image
    shown = [np.asarray(Image.fromarray(call).resize((1280, 720)))]
    for person, _ in scenes.portraits():
        canvas = scenes.slide(1280, 720).copy()
        part = person[:720, :1280]
        canvas[: part.shape[0], : part.shape[1]] = part
        shown.append(canvas)
    order = [0, 1, 2, 1]
    for index in range(count):
        Image.fromarray(shown[order[index % 4]]).save(folder / f"{index:05}.jpg", quality=90)


def measure_batches(count: int, batch: int) -> float:
    """Print and return the speed of batches relative to pictures one by one."""
    analyzer = Analyzer()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_pictures(folder, count)
        paths = sorted(folder.iterdir())
        one_by_one = analyzer.analyze(paths)
        if list(map(repr, analyzer.analyze(folder, batch=batch))) != list(map(repr, one_by_one)):
            sys.exit("the readings of batches differ from those of single pictures")
        factors, rates = [], []
        for _ in range(ROUNDS):
            single = seconds(lambda: [analyzer.analyze(path) for path in paths])
            many = seconds(lambda: analyzer.analyze(folder, batch=batch))
            factors.append(single / many)
            rates.append((count / single, count / many))
    one, many = (statistics.median(column) for column in zip(*rates, strict=True))
    factor = statistics.median(factors)
    print(
        f"{count} pictures on {processors()} cores: one by one {one:.0f} a second, batches of "
        f"{batch} {many:.0f}: {factor:.2f} times as fast ({min(factors):.2f} to {max(factors):.2f})"
    )
    return factor


def many_readings(count: int) -> Readings:
    """Return readings like those of a video of one person, with all outputs of the net."""
    (reading,) = Analyzer().analyze(scenes.astronaut())
    return Readings(
        replace(reading, source="class.mp4", time=index / 25, frame_index=index, track_id=1)
        for index in range(count)
    )


def measure_pandas() -> float:
    """Print the time of `to_pandas` for 100,000 readings, and return it."""
    readings = many_readings(READINGS)
    readings[:100].to_pandas()
    taken = statistics.median(seconds(readings.to_pandas) for _ in range(3))
    print(f"to_pandas of {READINGS:,} readings: {taken:.2f} s")
    return taken


def measure_import() -> float:
    """Print the time of `import roomread` beyond that of Python itself, and return it."""

    def start(code: str) -> float:
        return statistics.median(
            seconds(lambda: subprocess.run([sys.executable, "-c", code], check=True))
            for _ in range(7)
        )

    taken = start("import roomread") - start("pass")
    print(f"import roomread: {taken:.2f} s")
    return taken


def main() -> None:
    """Measure the times, and exit with an error if a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=120)
    parser.add_argument("--batch", type=int, default=32)
    given = parser.parse_args()
    kept = [
        measure_batches(given.pictures, given.batch) >= FASTER,
        measure_pandas() <= PANDAS,
        measure_import() <= IMPORT,
    ]
    sys.exit(0 if all(kept) else "a limit is broken")


if __name__ == "__main__":
    main()
