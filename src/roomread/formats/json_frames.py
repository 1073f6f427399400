"""Frames and their readings as JSON (one array) and JSON lines (one object a line)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import IO, Any

from roomread.errors import WireError
from roomread.readings import Frame, Reading
from roomread.wire import FrameReadings, frame_from_dict, frame_to_dict

# Most frames of one message that is received, and most faces of one of its frames.
MAX_FRAMES, MAX_FACES = 200, 300
# A session is a lesson or a day; what finds its changes takes the square of its length, s.
MAX_TIME = 24 * 3600.0


class JsonSink:
    """Writes one array with an object for each frame."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._separator = "[\n"

    def add(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Write one element of the array."""
        self._file.write(self._separator + _frame_text(frame, readings))
        self._separator = ",\n"

    def close(self) -> None:
        """End the array."""
        self._file.write("[]\n" if self._separator == "[\n" else "\n]\n")


class JsonLinesSink:
    """Writes one object for each frame on a line of its own, at once."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def add(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Write one line."""
        self._file.write(_frame_text(frame, readings) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Leave the file complete."""
        self._file.flush()


def read_json(text: bytes | str) -> list[FrameReadings]:
    """Return the frames that `JsonSink` wrote.

    Raises:
        WireError: the text is not JSON, or does not keep the schema.
    """
    values = _parse(text)
    if not isinstance(values, list):
        raise WireError("$", "must be a list of frames")
    return [frame_from_dict(value, path=f"$[{n}]") for n, value in enumerate(values)]


def read_json_lines(lines: Iterable[str]) -> Iterator[FrameReadings]:
    """Yield the frames that `JsonLinesSink` wrote; a file that is open for text will do.

    Raises:
        WireError: a line is not JSON, or does not keep the schema.
    """
    for number, line in enumerate(lines, start=1):
        path = f"line {number}: $"
        yield frame_from_dict(_parse(line, path), path=path)


def parse_frames(text: bytes | str, *, default_threshold: float = 0.0) -> list[FrameReadings]:
    """Return the frames of a message that was received: a JSON array of frames, or one frame.

    Args:
        text: at most `MAX_FRAMES` frames of at most `MAX_FACES` faces, each with a track; names of
            persons are dropped.
        default_threshold: the threshold of faces that have none, 0..1.

    Raises:
        WireError: the text is something else; the message names the place.
    """
    values = _parse(text)
    if not isinstance(values, list):
        return [_received(values, "$", default_threshold)]
    if not 1 <= len(values) <= MAX_FRAMES:
        raise WireError("$", f"must have 1 to {MAX_FRAMES} frames, not {len(values)}")
    return [_received(value, f"$[{n}]", default_threshold) for n, value in enumerate(values)]


def _received(value: Any, path: str, default_threshold: float) -> FrameReadings:
    frame = frame_from_dict(value, path=path, default_threshold=default_threshold)
    if frame.time > MAX_TIME:
        raise WireError(f"{path}.time", f"must be from 0 to {MAX_TIME:g}, not {frame.time:g}")
    if len(frame.readings) > MAX_FACES:
        problem = f"must have at most {MAX_FACES} items, not {len(frame.readings)}"
        raise WireError(f"{path}.faces", problem)
    for index, reading in enumerate(frame.readings):
        if reading.track_id is None:
            raise WireError(f"{path}.faces[{index}].track_id", "must not be null")
    # A session takes names from enrolment alone, where consent is recorded.
    return replace(frame, readings=tuple(replace(each, person=None) for each in frame.readings))


def _frame_text(frame: Frame, readings: Sequence[Reading]) -> str:
    return json.dumps(frame_to_dict(FrameReadings.of(frame, readings)))


def _parse(text: bytes | str, path: str = "$") -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WireError(path, "is not JSON") from error
