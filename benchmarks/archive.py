"""Compare one Ray worker with two on an archive of twenty short calls.

    python benchmarks/archive.py [--videos 20] [--seconds 20] [--rounds 3]

The recordings are made in a temporary folder, and the archive is read with one worker and with two
in turns, each time in a new cluster. A worker has one processor. The time is
measured once the cluster is up, and includes the start of the workers and the loading of the nets.
The output is the median times and the median ratio of the rounds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

from roomread.bench import scenes
from roomread.classifier import open_model
from roomread.cluster.archive.on_ray import RayExecutor
from roomread.cluster.archive.run import Archive
from roomread.cluster.archive.storage import find_videos
from roomread.cluster.archive.tasks import Options
from roomread.media import VideoWriter


def make(folder: Path, count: int, seconds: float) -> None:
    """Make different recordings of four people each, 640 x 360 at 10 frames a second."""
    folder.mkdir()
    for number in range(count):
        call = scenes.grid(width=640, height=360, columns=3, rows=2, people=4, seed=number)
        with VideoWriter(folder / f"call-{number:02}.mp4") as video:
            for frame in scenes.moving(call, round(seconds * 10), rate=10):
                video.write(frame.image, frame.time)


def read(videos: Path, out: Path, workers: int) -> float:
    """Return the seconds that reading the archive takes; fail unless every video is read."""
    executor = RayExecutor(workers=workers)
    try:
        begun = time.monotonic()
        archive = Archive(str(out), Options("compact", open_model().digest))
        steps = list(archive.run(find_videos(str(videos)), executor))
        taken = time.monotonic() - begun
    finally:
        executor.close()
    errors = [step.error for step in steps if step.error]
    if errors:
        raise SystemExit("\n".join(errors))
    return taken


def main() -> None:
    """Make the archive, read it with one and with two workers in turns, and print the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--videos", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder / "videos", asked.videos, asked.seconds)
        print(f"{asked.videos} videos of {asked.seconds:g} s; load {os.getloadavg()[0]:.1f}")
        taken: dict[int, list[float]] = {1: [], 2: []}
        for number in range(asked.rounds):
            for workers in (1, 2):
                seconds = read(folder / "videos", folder / f"out-{number}-{workers}", workers)
                taken[workers].append(seconds)
                print(f"round {number + 1}, workers {workers}: {seconds:.1f} s")
        for workers, times in taken.items():
            print(f"workers {workers}: median {statistics.median(times):.1f} s")
        ratios = [one / two for one, two in zip(taken[1], taken[2], strict=True)]
        print(f"two workers are {statistics.median(ratios):.2f} times as fast as one")


if __name__ == "__main__":
    main()
