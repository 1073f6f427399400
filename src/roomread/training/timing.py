"""Measure the time that a net takes per face; times are comparable within one run only."""

from __future__ import annotations

import statistics
import time

import numpy as np

from roomread.classifier import ModelFile


def milliseconds_a_face(model: ModelFile, *, batch: int = 25, runs: int = 30) -> float:
    """Return the median time per face in batches, with the model's number of threads, ms."""
    faces = np.random.default_rng(0).integers(0, 256, (batch, 1, model.side, model.side), np.uint8)
    times = []
    for _ in range(runs + 3):
        start = time.perf_counter()
        model.session.run(["logits"], {"faces": faces})
        times.append(time.perf_counter() - start)
    # The first three runs fill caches and memory pools.
    return 1000 * statistics.median(times[3:]) / batch


def times_as_fast(model: ModelFile, other: ModelFile, *, rounds: int = 7) -> float:
    """Return the time of `model` divided by the time of `other`, as the median of paired runs."""
    return statistics.median(
        milliseconds_a_face(model, runs=10) / milliseconds_a_face(other, runs=10)
        for _ in range(rounds)
    )
