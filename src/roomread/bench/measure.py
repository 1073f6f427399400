"""Time each stage of the pipeline on synthetic scenes, and compare the readings with a baseline.

The baseline is slower and searches every frame completely, see `Agreement`.
"""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from roomread.bench.scenes import Grid, grid, moving
from roomread.classifier import ExpressionClassifier, FaceClassifier
from roomread.faces import CenterFace
from roomread.faces.centerface import CenterFaceNet
from roomread.media import VideoWriter, draw_readings, open_source
from roomread.pipeline import EVERY_FRAME, Analyzer, RoomPipeline
from roomread.readings import Face, Reading, Scores


@dataclass(frozen=True, slots=True)
class Scene:
    """A synthetic recording for the benchmark.

    Attributes:
        title: The title in the printed results.
        frames: The number of frames.
        make: A function that returns the still picture from which the recording is made.
    """

    title: str
    frames: int
    make: Callable[[], Grid]


def _one(width: int, height: int) -> Callable[[], Grid]:
    return lambda: grid(width=width, height=height, columns=1, rows=1, people=1)


SCENES = {
    "webcam": Scene("one face, 640 x 480", 150, _one(640, 480)),
    "webcam-720p": Scene("one face, 1280 x 720", 100, _one(1280, 720)),
    "call-25": Scene("a call of 25, 1280 x 720", 75, grid),
    "call-49": Scene(
        "a call of 49, 1920 x 1080",
        50,
        lambda: grid(width=1920, height=1080, columns=8, rows=7, people=49),
    ),
    "room": Scene(
        "a room of 30, 3840 x 2160",
        25,
        lambda: grid(width=3840, height=2160, columns=10, rows=5, people=30, face=(0.12, 0.2)),
    ),
}


@dataclass(frozen=True, slots=True)
class Agreement:
    """The comparison of the pipeline's readings with those of a slow baseline.

    The baseline detects faces in every whole frame, in one pass and in fp32 (see `CenterFace`,
    argument `thorough`), and classifies every face in every frame.

    Attributes:
        found: Fraction of the baseline's faces that the pipeline finds, 0..1.
        extra: Mean number of faces per frame that only the pipeline finds.
        labels: Fraction of the faces found by both that have the same top expression, 0..1.
        apart: Mean total variation distance between the two scores of a face, 0..1.
        overlap: Median overlap (IoU) of the two boxes of a face, 0..1.
    """

    found: float
    extra: float
    labels: float
    apart: float
    overlap: float


@dataclass(frozen=True, slots=True)
class Measured:
    """The measurements of one scene.

    Attributes:
        scene: The key of the scene in `SCENES`.
        faces: Mean number of faces in a frame.
        stages: Mean time per frame of each stage, ms; the times add up to `frame_ms`.
        frame_ms: Mean time per frame from file to readings, without drawing and encoding, ms.
        median_ms: Median time per frame from file to readings, ms.
        whole_ms: Mean time per frame of the baseline, in which the stages run in parallel, ms.
        rate: Frames per second of `Analyzer.stream`, in which the stages run in parallel.
        extras: Mean time per frame of the optional stages, drawing and encoding, ms.
        processor_ms: Processor time per frame over all threads, ms.
        memory_mb: The highest memory of the process while `rate` was measured, MB.
        agreement: The comparison with the baseline.
    """

    scene: str
    faces: float
    stages: dict[str, float]
    frame_ms: float
    median_ms: float
    whole_ms: float
    rate: float
    extras: dict[str, float]
    processor_ms: float
    memory_mb: float
    agreement: Agreement

    def to_dict(self) -> dict[str, Any]:
        """Return the measurements as plain values, ready for JSON."""
        return asdict(self)


class _Clock:
    """A stopwatch that adds up the seconds spent in each named stage."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] += time.perf_counter() - begun


class _TimedDetector:
    def __init__(self, detector: CenterFace, clock: _Clock) -> None:
        self._detector, self._clock = detector, clock

    def detect(self, image: NDArray[np.uint8]) -> list[Face]:
        with self._clock("search whole frames"):
            return self._detector.detect(image)

    def detect_upright(self, image: NDArray[np.uint8]) -> list[Face]:
        with self._clock("search whole frames"):
            return self._detector.detect_upright(image)

    def detect_coarse(self, image: NDArray[np.uint8]) -> list[Face]:
        with self._clock("search whole frames coarsely"):
            return self._detector.detect_coarse(image)

    def detect_near(self, image: NDArray[np.uint8], expected: Sequence[Face]) -> list[Face | None]:
        with self._clock("search near faces"):
            return self._detector.detect_near(image, expected)


class _TimedClassifier:
    def __init__(self, classifier: FaceClassifier, clock: _Clock) -> None:
        self._classifier, self._clock = classifier, clock
        self.side, self.framing = classifier.side, classifier.framing
        self.threshold = classifier.threshold

    def classify(self, crops: NDArray[np.uint8]) -> list[Scores]:
        with self._clock("read expressions"):
            return self._classifier.classify(crops)


def measure(name: str) -> Measured:
    """Make the recording of a scene, read it with the pipeline and the baseline, and time both.

    The recording is read in a separate process, so that the memory of other scenes is not counted.

    Args:
        name: A key of `SCENES`.

    Raises:
        KeyError: There is no scene of this name.
    """
    scene = SCENES[name]
    with tempfile.TemporaryDirectory(prefix="roomread-bench-") as folder:
        video = Path(folder) / "scene.mp4"
        with VideoWriter(video) as writer:
            for frame in moving(scene.make(), scene.frames):
                writer.write(frame.image, frame.time)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            return pool.submit(_measure, name, video).result()


def _measure(name: str, video: Path) -> Measured:
    process, clock = psutil.Process(), _Clock()
    detector, classifier = CenterFace(), ExpressionClassifier()
    free = Analyzer(detector=detector, classifier=classifier)
    staged = Analyzer(
        detector=_TimedDetector(detector, clock), classifier=_TimedClassifier(classifier, clock)
    )
    # Read some frames first, because initial allocations are not part of the cost of a frame.
    next(iter(free.stream(video)))
    before = sum(process.cpu_times()[:2])
    _, seconds, memory = _read(free, video)
    processor = sum(process.cpu_times()[:2]) - before
    each, readings = _read_in_stages(staged, video, clock)
    count = len(each)
    # Measure the baseline last, so that its net is not counted in the memory of the other readings.
    thorough = CenterFace(net=CenterFaceNet(precision="fp32"), thorough=True)
    whole = Analyzer(detector=thorough, classifier=classifier, cadence=EVERY_FRAME)
    reference, whole_seconds, _ = _read(whole, video)
    spent = _stages(clock, count)
    extras = {stage: spent.pop(stage) for stage in ("draw", "encode")}
    return Measured(
        scene=name,
        faces=float(np.mean([len(faces) for faces in readings])),
        stages=spent,
        frame_ms=sum(spent.values()),
        median_ms=1000 * float(np.median(each)),
        whole_ms=1000 * whole_seconds / count,
        rate=count / seconds,
        extras=extras,
        processor_ms=1000 * processor / count,
        memory_mb=memory / 2**20,
        agreement=agreement(readings, reference),
    )


def _read_in_stages(
    analyzer: Analyzer, video: Path, clock: _Clock
) -> tuple[list[float], list[Sequence[Reading]]]:
    """Read, draw and encode the video; return the seconds and the readings of each frame."""
    each: list[float] = []
    readings: list[Sequence[Reading]] = []
    with open_source(video) as source, VideoWriter(video.with_name("drawn.mp4")) as writer:
        frames, pipeline = iter(source), RoomPipeline(analyzer.stream_analyzer())
        while True:
            begun = time.perf_counter()
            with clock("decode"):
                frame = next(frames, None)
            if frame is None:
                return each, readings
            with clock("follow"):
                readings.append(pipeline.push(frame).readings)
            each.append(time.perf_counter() - begun)
            with clock("draw"):
                drawn = draw_readings(frame.image, readings[-1])
            with clock("encode"):
                writer.write(drawn, frame.time)


def _stages(clock: _Clock, frames: int) -> dict[str, float]:
    """Return the mean time per frame of each stage, ms."""
    spent = {stage: 1000 * total / frames for stage, total in clock.seconds.items()}
    nets = (
        "search whole frames",
        "search whole frames coarsely",
        "search near faces",
        "read expressions",
    )
    spent["cut, assess, track, smooth"] = spent.pop("follow") - sum(spent.get(n, 0) for n in nets)
    return spent


def _read(analyzer: Analyzer, video: Path) -> tuple[list[Sequence[Reading]], float, int]:
    """Return the readings of each frame, the seconds taken, and the highest memory in bytes."""
    process, memory = psutil.Process(), 0
    readings: list[Sequence[Reading]] = []
    begun = time.perf_counter()
    for moment in analyzer.stream(video):
        readings.append(moment.readings)
        memory = max(memory, process.memory_info().rss)
    return readings, time.perf_counter() - begun, memory


def agreement(
    readings: Sequence[Sequence[Reading]], reference: Sequence[Sequence[Reading]]
) -> Agreement:
    """Compare readings with the baseline's readings of the same frames, face by face.

    Args:
        readings: The pipeline's readings of each frame.
        reference: The baseline's readings of each frame.
    """
    overlaps, labels, apart, extra, wanted = [], [], [], 0, 0
    for found, true in zip(readings, reference, strict=True):
        wanted += len(true)
        left = list(found)
        for one in true:
            best = max(left, key=lambda other: other.box.iou(one.box), default=None)
            # An IoU of one half is the usual bound of "the same object" (Everingham et al. 2010).
            if best is None or best.box.iou(one.box) < 0.5:
                continue
            left.remove(best)
            overlaps.append(best.box.iou(one.box))
            if best.scores is not None and one.scores is not None:
                labels.append(best.scores.top == one.scores.top)
                difference = best.scores.probabilities - one.scores.probabilities
                apart.append(float(np.abs(difference).sum()) / 2)
        extra += len(left)
    return Agreement(
        found=len(overlaps) / wanted if wanted else 1.0,
        extra=extra / max(len(reference), 1),
        labels=float(np.mean(labels)) if labels else 1.0,
        apart=float(np.mean(apart)) if apart else 0.0,
        overlap=float(np.median(overlaps)) if overlaps else 1.0,
    )
