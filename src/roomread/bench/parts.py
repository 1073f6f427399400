"""Measure the speed of each net alone, and the speed of the processor for comparison."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np

from roomread.bench.scenes import grid
from roomread.classifier import ExpressionClassifier, open_model
from roomread.faces import CenterFace

SIZES = ((640, 480), (1280, 720), (1920, 1080))
BATCHES = (1, 8, 25, 49)
# Time for which one function is measured, s.
_SECONDS = 1.5
# Rows and columns of the matrices that are multiplied.
_PRODUCT = 1024
# Maximum number of runs of one function.
_MOST = 200


@dataclass(frozen=True, slots=True)
class Parts:
    """The median times of the detector and of the expression net alone.

    Attributes:
        detector: Time of the detector per whole picture, ms, by size such as "640 x 480".
        net: Time of the expression net per face with one thread, ms, by the size of the batch.
        product: Billions of multiply-adds per second of a large float32 matrix product with one
            thread, as a measure of the processor's speed.
    """

    detector: dict[str, float]
    net: dict[str, float]
    product: float

    def to_dict(self) -> dict[str, Any]:
        """Return the measurements as plain values, ready for JSON."""
        return asdict(self)


def parts() -> Parts:
    """Measure the speed of the nets in a separate process."""
    with _one_thread(), ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_parts).result()


@contextmanager
def _one_thread() -> Iterator[None]:
    """Limit NumPy to one thread in processes that are started within the `with` block.

    NumPy's libraries read these environment variables once, at the start of a process.
    """
    names = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _parts() -> Parts:
    detector = CenterFace(thorough=True)
    classifier = ExpressionClassifier(open_model(threads=1))
    random = np.random.default_rng(0)
    faces = random.integers(0, 256, (max(BATCHES), classifier.side, classifier.side), np.uint8)
    pictures = [grid(width=width, height=height).image for width, height in SIZES]
    matrix = random.standard_normal((_PRODUCT, _PRODUCT), dtype=np.float32)
    product = _median(partial(np.matmul, matrix, matrix))
    return Parts(
        detector={
            f"{width} x {height}": 1000 * _median(partial(detector.detect, picture))
            for (width, height), picture in zip(SIZES, pictures, strict=True)
        },
        net={
            str(count): 1000 / count * _median(partial(classifier.predict, faces[:count]))
            for count in BATCHES
        },
        product=_PRODUCT**3 / product / 1e9,
    )


def _median(work: Callable[[], object]) -> float:
    """Return the median run time of a function after warming up, s."""
    work()
    taken: list[float] = []
    end = time.perf_counter() + _SECONDS
    while len(taken) < 3 or (time.perf_counter() < end and len(taken) < _MOST):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)
