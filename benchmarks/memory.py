"""Measure the memory of recording a lesson: 49 people at 1920 x 1080, two frames a second.

    python benchmarks/memory.py [--minutes 30]

The frames are processed without waiting for their times, and recorded in a temporary database.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import psutil

from roomread import Analyzer
from roomread.bench.scenes import grid, moving
from roomread.services.recording import session_pipeline
from roomread.store import LOCAL_OWNER, Recorder, Store

EVERY, PARTS = 0.5, 6


def main() -> None:
    """Print the memory after each sixth of the lesson."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    frames = round(parser.parse_args().minutes * 60 / EVERY)
    still = grid(width=1920, height=1080, columns=8, rows=7, people=49)
    # Repeat the same half minute, because making a frame takes as long as reading one.
    film = itertools.cycle(list(moving(still, 60, rate=1 / EVERY)))
    process = psutil.Process()
    with tempfile.TemporaryDirectory() as folder:
        everything = Store(f"sqlite:///{Path(folder) / 'roomread.db'}")
        store = everything.owned_by(LOCAL_OWNER)
        session = store.create("bench", keeps_people=True, consent="nobody: two portraits")
        recorder = Recorder(store, session)
        pipeline = session_pipeline(recorder, Analyzer(), every=EVERY)
        begun = time.monotonic()
        for index, frame in enumerate(itertools.islice(film, frames), start=1):
            now = index * EVERY
            recorder.add(pipeline.push(replace(frame, time=now, index=index)))
            if index % (frames // PARTS) == 0:
                rate = index / (time.monotonic() - begun)
                memory = process.memory_info().rss / 2**20
                print(f"{now / 60:5.1f} min  {memory:6.0f} MB  {rate:5.1f} frames/s", flush=True)
        recorder.close()
        everything.close()


if __name__ == "__main__":
    main()
