"""Collect the results of several pictures and videos in one table and one archive."""

from __future__ import annotations

import io
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import numpy as np

from roomread.formats.csv_table import CsvSink, write_csv
from roomread.formats.json_frames import JsonSink
from roomread.formats.timeline import Row
from roomread.jobs.video_job import VideoJob
from roomread.readings import Expression, Frame, Reading
from roomread.services.videos import VideoResult

_COLUMNS = ("file", "number", "expression", *(e.display_name for e in Expression), "read")


@dataclass(frozen=True, slots=True, eq=False)
class PictureResult:
    """The result of one picture, without the full-size pixel array, to save memory.

    Attributes:
        frame: The picture, whose pixels are replaced by zeros that take no memory.
        readings: The readings of its faces, largest first.
        plain: The picture without boxes, as a JPEG scaled to fit a screen.
        make_copy: A function that returns the annotated picture as PNG in full size.
    """

    frame: Frame
    readings: Sequence[Reading]
    plain: bytes
    make_copy: Callable[[], bytes]

    @property
    def states(self) -> list[str]:
        """The names of the taught states, such as "tired", for which the faces have scores."""
        return sorted({state.name for reading in self.readings for state in reading.states})


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One face of a picture, or one person of a video.

    Attributes:
        file: The name of the file.
        number: The number of the face in the picture, or of the person in the video.
        expression: The expression, "unsure" or "unreadable".
        scores: The seven probabilities of the face, or their means over the video, in the order of
            `Expression`; None if the face cannot be read.
        seconds: The number of seconds of a video in which the person was read; None for a picture.
    """

    file: str
    number: int
    expression: str
    scores: tuple[float, ...] | None
    seconds: int | None = None


def picture_rows(picture: PictureResult) -> Iterator[ResultRow]:
    """Yield a row for each face of a picture, in the order of its numbered boxes."""
    for number, reading in enumerate(picture.readings, start=1):
        scores = reading.scores
        values = None if scores is None else tuple(map(float, scores.probabilities))
        yield ResultRow(picture.frame.source, number, reading.label, values)


def video_rows(name: str, rows: Sequence[Row]) -> Iterator[ResultRow]:
    """Yield a row for each person of a video, in the order of the people's numbers.

    Args:
        name: The name of the video.
        rows: The mean scores of each person in each second.
    """
    people: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        people[row[1]].append(row)
    for person, own in sorted(people.items()):
        means = np.mean([scores for _second, _person, scores in own], axis=0)
        top = Expression(int(means.argmax()))
        yield ResultRow(name, person, top.display_name, tuple(map(float, means)), len(own))


def table_csv(rows: Sequence[ResultRow]) -> str:
    """Return rows as CSV."""
    names = [e.display_name for e in Expression]
    cells = []
    for row in rows:
        shares = [""] * len(names) if row.scores is None else [f"{s:.4f}" for s in row.scores]
        read = "" if row.seconds is None else row.seconds
        cells.append(
            {"file": row.file, "number": row.number, "expression": row.expression, "read": read}
            | dict(zip(names, shares, strict=True))
        )
    file = io.StringIO(newline="")
    write_csv(file, _COLUMNS, cells)
    return file.getvalue()


def readings_csv(pictures: Sequence[PictureResult]) -> str:
    """Return the readings of several pictures as CSV."""
    file = io.StringIO(newline="")
    states = sorted({state for picture in pictures for state in picture.states})
    _write_readings(CsvSink(file, states=states), pictures)
    return file.getvalue()


def readings_json(pictures: Sequence[PictureResult]) -> str:
    """Return the readings of several pictures as JSON."""
    file = io.StringIO(newline="")
    _write_readings(JsonSink(file), pictures)
    return file.getvalue()


def _write_readings(sink: CsvSink | JsonSink, pictures: Sequence[PictureResult]) -> None:
    for index, picture in enumerate(pictures):
        sink.add(replace(picture.frame, index=index), picture.readings)
    sink.close()


def write_archive(
    file: IO[bytes],
    pictures: Sequence[PictureResult],
    videos: Sequence[VideoJob],
    *,
    annotated: bool,
) -> None:
    """Write all results as one ZIP: a table, and a folder for the pictures and for each video.

    Args:
        file: A binary file that is open for writing.
        pictures: The results of the pictures.
        videos: Videos whose reading has ended; missing result files are left out.
        annotated: Whether to include the annotated copies.

    Raises:
        MediaError: A picture cannot be decoded again.
    """
    rows = [row for picture in pictures for row in picture_rows(picture)]
    rows += [row for job in videos for row in video_rows(job.name, job.timeline())]
    # Pictures and videos are already compressed, so only texts are deflated.
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        names = _UniqueNames()
        _write_text(archive, "table.csv", table_csv(rows))
        if pictures:
            _write_text(archive, "pictures/readings.csv", readings_csv(pictures))
            _write_text(archive, "pictures/readings.json", readings_json(pictures))
        for picture in pictures if annotated else ():
            stem = names.unique(f"pictures/{_stem(picture.frame.source)}.annotated")
            archive.writestr(f"{stem}.png", picture.make_copy())
        for job in videos:
            folder = names.unique(f"videos/{_stem(job.name)}")
            for result in VideoResult:
                path = job.folder / result
                if path.exists() and (annotated or result is not VideoResult.ANNOTATED):
                    archive.write(path, f"{folder}/{result}")


def _write_text(archive: zipfile.ZipFile, name: str, text: str) -> None:
    archive.writestr(name, text, compress_type=zipfile.ZIP_DEFLATED)


def _stem(name: str) -> str:
    """Return the last part of a path or URL, without extension, as a valid name in a ZIP."""
    stem = Path(name.replace("\\", "/")).stem
    kept = "".join(c if c.isalnum() or c in " -_." else "_" for c in stem).strip(" .")
    return kept or "unnamed"


class _UniqueNames:
    """A set of used names; a number is added to a new name that is already in the set."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def unique(self, name: str) -> str:
        found, number = name, 2
        while found in self._taken:
            found, number = f"{name}-{number}", number + 1
        self._taken.add(found)
        return found
