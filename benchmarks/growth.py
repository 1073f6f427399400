"""Draw the time of a frame against the number of faces and of pixels.

    python benchmarks/growth.py docs/performance.svg

A call with 25 frames a second is read from memory, like the frames of a camera. The values are
medians of three rounds, in which the cases take turns.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from roomread import Analyzer
from roomread.bench.scenes import grid, moving

FRAMES, ROUNDS = 50, 3
FACES = (1, 6, 12, 25, 36, 49)
SIZES = ((640, 360), (960, 540), (1280, 720), (1920, 1080), (2560, 1440))


def frame_ms(analyzer: Analyzer, width: int, height: int, people: int) -> float:
    """Return the mean ms of a frame of a call with 49 tiles, `people` of which show a face."""
    still = grid(width=width, height=height, columns=8, rows=7, people=people)
    frames, stream = list(moving(still, FRAMES)), analyzer.stream_analyzer()
    begun = time.perf_counter()
    for frame in frames:
        stream.update(frame)
    return 1000 * (time.perf_counter() - begun) / FRAMES


def main() -> None:
    """Print the times, and draw them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("chart", type=Path, help="an SVG file")
    chart: Path = parser.parse_args().chart
    analyzer = Analyzer()
    frame_ms(analyzer, *SIZES[0], 1)  # exclude one-time allocations from the time of a frame
    cases = [(1920, 1080, people) for people in FACES] + [(*size, 25) for size in SIZES]
    rounds = [[frame_ms(analyzer, *case) for case in cases] for _ in range(ROUNDS)]
    ms = [statistics.median(each) for each in zip(*rounds, strict=True)]
    for (width, height, people), each in zip(cases, ms, strict=True):
        print(f"{people:3} faces, {width:4} x {height:<4}  {each:6.1f} ms a frame")
    mpl.rcParams["svg.hashsalt"] = "roomread"
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(FACES, ms[: len(FACES)], "o-", color="#0072B2")
    left.set(xlabel="faces, 1920 x 1080", ylabel="ms a frame")
    pixels = [width * height / 1e6 for width, height in SIZES]
    right.plot(pixels, ms[len(FACES) :], "o-", color="#D55E00")
    right.set(xlabel="million pixels, 25 faces")
    for axes in (left, right):
        axes.set(xlim=(0, None), ylim=(0, None))
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(chart, metadata={"Date": None})


if __name__ == "__main__":
    main()
