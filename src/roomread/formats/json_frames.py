"""Write and read frames as JSON (one array) and as JSON lines (one object per line)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import IO, Any

from roomread.errors import WireError
from roomread.readings import Frame, Reading
from roomread.wire import FrameReadings, frame_from_dict, frame_to_dict

# Maximum number of frames in a received message, and of faces in one frame.
MAX_FRAMES, MAX_FACES = 200, 300
# Maximum time of a frame, s. Sessions last at most a day, because the computation of changes grows
# with the square of their length.
MAX_TIME = 24 * 3600.0


class JsonSink:
    """Sink that writes one JSON array with an object for each frame."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._separator = "[\n"

    def add(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Write one element of the array."""
        self._file.write(self._separator + _frame_text(frame, readings))
        self._separator = ",\n"

    def close(self) -> None:
        """Write the closing bracket of the array."""
        self._file.write("[]\n" if self._separator == "[\n" else "\n]\n")


class JsonLinesSink:
    """Sink that writes a JSON object for each frame on its own line, without buffering."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def add(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Write one line."""
        self._file.write(_frame_text(frame, readings) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Flush the file; its lines are already written."""
        self._file.flush()


def read_json(text: bytes | str) -> list[FrameReadings]:
    """Return the frames that `JsonSink` wrote.

    Raises:
        WireError: The text is not JSON, or does not conform to the schema.
    """
    values = _parse(text)
    if not isinstance(values, list):
        raise WireError("$", "must be a list of frames")
    return [frame_from_dict(value, path=f"$[{n}]") for n, value in enumerate(values)]


def read_json_lines(lines: Iterable[str]) -> Iterator[FrameReadings]:
    """Yield the frames that `JsonLinesSink` wrote, from an iterable of lines such as a text file.

    Raises:
        WireError: A line is not JSON, or does not conform to the schema.
    """
    for number, line in enumerate(lines, start=1):
        path = f"line {number}: $"
        yield frame_from_dict(_parse(line, path), path=path)


def parse_frames(text: bytes | str, *, default_threshold: float = 0.0) -> list[FrameReadings]:
    """Parse a received message: a JSON array of frames, or one frame.

    Args:
        text: At most `MAX_FRAMES` frames of at most `MAX_FACES` faces, each with a track id. Names
            of people are dropped.
        default_threshold: The confidence threshold of faces for which the message has none, 0..1.

    Raises:
        WireError: The message is invalid; the error contains the path of the invalid value.
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
    # Names in a session come only from enrolment, which records consent.
    return replace(frame, readings=tuple(replace(each, person=None) for each in frame.readings))


def _frame_text(frame: Frame, readings: Sequence[Reading]) -> str:
    return json.dumps(frame_to_dict(FrameReadings.of(frame, readings)))


def _parse(text: bytes | str, path: str = "$") -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WireError(path, "is not JSON") from error
