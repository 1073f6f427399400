"""Compare the memory of reading two hours of a recording with one minute.

    python benchmarks/length.py

Recordings of one face at 640 x 480 and two frames a second are read into a CSV file, each by a
separate `roomread` process. The output is the peak memory of each process.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from itertools import cycle, islice
from pathlib import Path

from roomread.bench.scenes import grid, moving
from roomread.media import VideoWriter

RATE = 2.0
PROGRAM = (sys.executable, "-c", "from roomread.entry.main import run; run()")


def main() -> None:
    """Print the peak memory of each recording's process."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for minutes in (1, 120):
            video = folder / f"{minutes}.mp4"
            write(video, round(minutes * 60 * RATE))
            target = folder / f"{minutes}.csv"
            subprocess.run(
                [*PROGRAM, "analyze", str(video), "-o", str(target)],
                check=True,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            # The largest child so far; the longer recording comes last.
            most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
            # Kilobytes on Linux, bytes on macOS.
            megabytes = most / (2**20 if sys.platform == "darwin" else 2**10)
            rows = target.read_text().count("\n") - 1
            size = video.stat().st_size / 1e6
            print(f"{minutes:4d} min  {size:6.1f} MB of video  {rows:6d} rows  {megabytes:.0f} MB")


def write(path: Path, frames: int) -> None:
    """Write a recording with a number of frames that repeats the same minute."""
    still = grid(width=640, height=480, columns=1, rows=1)
    minute = list(moving(still, round(60 * RATE), rate=RATE))
    with VideoWriter(path) as writer:
        for index, frame in enumerate(islice(cycle(minute), frames)):
            writer.write(frame.image, index / RATE)


if __name__ == "__main__":
    main()
