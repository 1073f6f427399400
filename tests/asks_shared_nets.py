"""Read pictures with local nets and with the nets of a cluster, and print the differences."""

from __future__ import annotations

import json
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from roomread import Analyzer
from roomread.bench import scenes
from roomread.cluster.nets.shared import SharedNets
from roomread.errors import BusyError
from roomread.faces import CenterFace
from roomread.readings import Frame, Reading
from roomread.runtime import Device


def row(reading: Reading) -> list[float]:
    scores = reading.scores.probabilities if reading.scores is not None else np.zeros(7)
    return [*reading.box, reading.detection_confidence or 0.0, *(float(p) for p in scores)]


def followed(analyzer: Analyzer, frames: list[Frame]) -> list[Reading]:
    return [reading for moment in analyzer.stream(frames) for reading in moment.readings]


def compare(shared: Analyzer, own: Analyzer) -> dict[str, object]:
    pictures = [scenes.astronaut(), scenes.grid().image]
    call = scenes.grid(width=480, height=270, columns=2, rows=1, people=2)
    frames = list(scenes.moving(call, 8, rate=10))
    one, other = (
        [each for picture in pictures for each in analyzer.analyze(picture)]
        + followed(analyzer, frames)
        for analyzer in (shared, own)
    )
    observed = [np.asarray(a.observe(frames[0])[0].features) for a in (shared, own)]
    return {
        "readings": [len(one), len(other)],
        "same_labels": [each.expression for each in one] == [each.expression for each in other],
        "difference": float(np.abs(np.array([*map(row, one)]) - [*map(row, other)]).max()),
        "features": float(np.abs(np.subtract(*observed)).max()),
    }


def crowd(shared: Analyzer) -> Counter[str]:
    """Return how many of a hundred simultaneous requests had each result."""
    picture = scenes.grid().image

    def ask(_number: int) -> str:
        try:
            return f"{len(shared.detector.detect(picture))} faces"
        except BusyError as error:
            return error.problem

    with ThreadPoolExecutor(100) as threads:
        return Counter(threads.map(ask, range(100)))


if __name__ == "__main__":
    nets = SharedNets(device=Device.CPU, replicas=1)
    shared = Analyzer(detector=nets.detector, classifier=nets.classifier)
    compared = compare(shared, Analyzer(detector=CenterFace(threads=1)))
    sys.stdout.write(f"{json.dumps(compared)}\n{json.dumps(crowd(shared))}\n")
    nets.close()
