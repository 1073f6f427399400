"""The readings of one picture, together with the picture."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self, overload

import numpy as np
from numpy.typing import NDArray

from roomread.errors import RoomreadError
from roomread.media import draw_readings, write_image
from roomread.pipeline.bridges import to_pandas, to_supervision
from roomread.pipeline.moment import Moment
from roomread.pipeline.notebook import to_html
from roomread.pipeline.timeline import ScoreTimeline, score_timeline
from roomread.readings import Frame, Reading
from roomread.wire import FrameReadings, frame_to_dict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from supervision import Detections

# Maximum number of faces in `repr`.
_SHOWN = 3


class _Facts(NamedTuple):
    """The properties of a frame except its pixels."""

    source: str
    time: float
    frame_index: int | None
    width: int | None
    height: int | None


class Readings(Sequence[Reading]):
    """The readings of one picture, largest face first, together with the picture.

    It is an immutable sequence: `len`, indexing, slicing and iteration work as with a tuple. It is
    equal to any `Readings`, list or tuple of equal readings.

    Only readings returned by `Analyzer.analyze` and slices of these have the picture. Pickles,
    copies and `readings + others` do not contain the picture.

    Args:
        readings: The readings.
        frame: The picture that shows them; None if it is not known.
    """

    __slots__ = ("_facts", "_items", "_picture")

    def __init__(self, readings: Iterable[Reading] = (), *, frame: Frame | None = None) -> None:
        self._items = tuple(readings)
        self._picture = frame.image if frame is not None else None
        self._facts = _facts_of(frame) if frame is not None else None

    @classmethod
    def concat(cls, parts: Iterable[Moment | Iterable[Reading]]) -> Self:
        """Return all readings of several moments, pictures or lists, in order, as one sequence.

        `Readings.concat(Analyzer().stream("class.mp4"))` contains the readings of a whole video.
        The result has no picture.

        Args:
            parts: Moments of a stream, `Readings`, or other iterables of readings.
        """
        items: list[Reading] = []
        for part in parts:
            items.extend(part.readings if isinstance(part, Moment) else part)
        return cls(items)

    @property
    def picture(self) -> NDArray[np.uint8] | None:
        """The picture, uint8 [H, W, 3] RGB, upright; None when it is not known."""
        return self._picture

    def without_picture(self) -> Self:
        """Return the same readings without the picture, so that its memory can be freed."""
        return self._with(self._items, self._facts)

    def replaced(self, readings: Iterable[Reading]) -> Self:
        """Return a copy with the same picture and other readings."""
        return self._with(tuple(readings), self._facts, self._picture)

    @overload
    def __getitem__(self, index: int) -> Reading: ...

    @overload
    def __getitem__(self, index: slice) -> Self: ...

    def __getitem__(self, index: int | slice) -> Reading | Self:
        if isinstance(index, slice):
            return self._with(self._items[index], self._facts, self._picture)
        return self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Reading]:
        return iter(self._items)

    def __add__(self, others: Iterable[Reading]) -> Self:
        if not isinstance(others, Readings | list | tuple):
            return NotImplemented
        same = isinstance(others, Readings) and others._facts == self._facts
        return self._with((*self._items, *others), self._facts if same else None)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Readings):
            return self._items == other._items
        if isinstance(other, list | tuple):
            return self._items == tuple(other)
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self._items)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self._items, self._facts)

    def __repr__(self) -> str:
        source = f" of {self._facts.source}" if self._facts is not None else ""
        if not self._items:
            return f"<Readings{source}: no face>"
        count = f"{len(self)} face{'s' if len(self) > 1 else ''}"
        faces = [str(reading) for reading in self._items[:_SHOWN]]
        more = ["…"] if len(self) > _SHOWN else []
        return f"<Readings{source}: {count} ({', '.join(faces + more)})>"

    def _repr_html_(self) -> str:
        return to_html(repr(self), self._items, self._picture)

    def to_dict(self) -> dict[str, Any]:
        """Return the frame and its faces as values for JSON, in the schema of readings.

        Raises:
            ValueError: The readings come from several frames.
        """
        source, time, frame_index, width, height = self._known_facts()
        frame = FrameReadings(source, time, frame_index, width, height, self._items)
        return frame_to_dict(frame)

    def to_pandas(self) -> Any:
        """Return a `pandas.DataFrame` with one row per face and the columns of a readings file.

        Probabilities, the confidence and landmarks are float32, other numbers float64 or Int64,
        and texts are strings. A value that is not known is missing.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        return to_pandas(self)

    def to_supervision(self) -> Detections:
        """Return `supervision.Detections` with a detection for each face.

        `class_id` is the expression's number, 0..6, or 7 for an unsure or unreadable face.
        `confidence` is the highest probability, or 0 for an unreadable face. `tracker_id` is set if
        every face has a track. `data["class_name"]` is the expression, "unsure" or "unreadable".

        Raises:
            MissingExtraError: supervision is not installed.
        """
        return to_supervision(self)

    def timeline(self, *, every: float = 1.0) -> ScoreTimeline:
        """Return the mean scores of each person in each interval of time.

        Args:
            every: The length of an interval, seconds.

        Raises:
            ValueError: `every` is not above 0, the readings come from several sources, or there
                would be more than a million intervals.
        """
        return score_timeline(self, every=every)

    def plot_timeline(self, ax: Axes | None = None, *, every: float = 1.0) -> Axes:
        """Draw the people's mean scores over time, one line per expression; see `timeline`.

        Raises:
            MissingExtraError: Matplotlib is not installed.
            ValueError: See `timeline`.
        """
        return self.timeline(every=every).plot(ax)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the picture with a box and a label for each face.

        Readings without a picture are drawn as boxes alone.

        Args:
            ax: The axes to draw on; None for those of a new figure.

        Returns:
            The axes.

        Raises:
            MissingExtraError: Matplotlib is not installed.
        """
        from roomread.pipeline.plotting import plot_readings  # noqa: PLC0415 (an extra)

        return plot_readings(self._items, self._picture, ax)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture with a box and a label for each face, atomically.

        Args:
            path: The file; its suffix determines the format.

        Raises:
            RoomreadError: The readings have no picture.
            OutputError: The file cannot be written.
        """
        if self._picture is None:
            raise RoomreadError(
                "these readings have no picture to save",
                hint="only readings returned by analyze have a picture; their copies have none",
            )
        write_image(Path(path), draw_readings(self._picture, self._items))

    def _known_facts(self) -> _Facts:
        if self._facts is not None:
            return self._facts
        frames = {(reading.source, reading.time, reading.frame_index) for reading in self}
        if len(frames) > 1:
            problem = f"these readings come from {len(frames)} frames, but to_dict takes one frame"
            raise ValueError(f"{problem}: call it for each frame")
        source, time, frame_index = frames.pop() if frames else ("", 0.0, None)
        return _Facts(source, time, frame_index, None, None)

    def _with(
        self,
        items: tuple[Reading, ...],
        facts: _Facts | None,
        picture: NDArray[np.uint8] | None = None,
    ) -> Self:
        made = type(self)(items)
        made._facts, made._picture = facts, picture  # noqa: SLF001 (its own class)
        return made


def _facts_of(frame: Frame) -> _Facts:
    height, width = frame.image.shape[:2]
    return _Facts(frame.source, frame.time, frame.index, width, height)


def _restored(kind: type[Readings], items: tuple[Reading, ...], facts: _Facts | None) -> Readings:
    return kind(items)._with(items, facts)  # noqa: SLF001 (this function is its constructor)
