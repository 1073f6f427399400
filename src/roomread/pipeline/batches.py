"""Read many pictures: threads decode and search them, and the net reads their faces in batches."""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from roomread.errors import MediaWarning
from roomread.faces import FaceDetector, ThreadedDetector
from roomread.media.images import Picture
from roomread.pipeline.face_reader import CutFaces, FaceReader
from roomread.pipeline.inputs import decoded_picture
from roomread.pipeline.readings import Readings
from roomread.readings import Frame
from roomread.runtime import processors

A = TypeVar("A")
B = TypeVar("B")
# Values that threads may decode at the same time; Pillow images and opened files have a state.
_STATELESS = (str, Path, bytes, bytearray, np.ndarray)


class _Searched(NamedTuple):
    """A picture whose faces were found and cut out, but not read yet."""

    faces: CutFaces
    readings: Readings
    notes: tuple[str, ...]


def read_batches(
    pictures: Sequence[Picture],
    detector: FaceDetector,
    reader: FaceReader,
    *,
    batch: int,
    keep: bool,
) -> Iterator[Readings]:
    """Yield the readings of pictures, in their order.

    One thread per processor decodes pictures, finds their faces and cuts them out, with a detector
    that uses no further threads. While the net reads the faces of one batch, at most about one more
    batch is prepared.

    Args:
        pictures: The pictures.
        detector: The detector that finds faces.
        reader: The stage that reads faces.
        batch: The number of pictures whose faces the net reads at once.
        keep: Whether the readings keep their pictures.

    Raises:
        MediaError: A picture cannot be read; the readings of earlier batches are valid.
        ValueError: `batch` is under 1.

    Warns:
        MediaWarning: A file holds several pictures, of which the first is read.
    """
    if batch < 1:
        raise ValueError(f"batch must be at least 1 picture, not {batch}")

    if isinstance(detector, ThreadedDetector):
        detector = detector.single_threaded()

    def search(picture: Picture | Frame) -> _Searched:
        frame = picture if isinstance(picture, Frame) else decoded_picture(picture)
        faces = reader.cut_faces(frame, detector.detect(frame.image))
        readings = Readings(frame=frame)
        return _Searched(faces, readings if keep else readings.without_picture(), frame.notes)

    # A lazy generator, so that no more pictures are decoded than are searched.
    items = (each if isinstance(each, _STATELESS) else decoded_picture(each) for each in pictures)
    with closing(_in_threads(search, items, depth=batch)) as searched:
        while part := list(islice(searched, batch)):
            for note in (note for each in part for note in each.notes):
                warnings.warn(note, MediaWarning, stacklevel=4)
            read = reader.read_cut([each.faces for each in part])
            for each, readings in zip(part, read, strict=True):
                yield each.readings.replaced(readings)


def _in_threads(work: Callable[[A], B], items: Iterable[A], *, depth: int) -> Generator[B]:
    """Yield `work(item)` for each item in order; one thread per processor executes the calls.

    Args:
        work: A thread-safe function. An exception is raised at the position of its item.
        items: The items, which the caller's thread iterates over.
        depth: The number of items in progress or waiting, in addition to one per processor.
    """
    workers = processors()
    source = iter(items)
    waiting: deque[Future[B]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="batches") as pool:
        try:
            waiting.extend(pool.submit(work, item) for item in islice(source, depth + workers))
            while waiting:
                done = waiting.popleft().result()
                waiting.extend(pool.submit(work, item) for item in islice(source, 1))
                yield done
        finally:
            for future in waiting:
                future.cancel()
