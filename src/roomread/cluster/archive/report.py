"""Store a report on how a video or a piece of it was read, in the footer of the Parquet file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from roomread.cluster.archive.storage import open_file
from roomread.errors import MediaError

KEY = "roomread"


@dataclass(frozen=True, slots=True)
class Report:
    """The result of reading a video, or a piece of a video.

    Attributes:
        source: The video's path or address.
        fingerprint: `ArchiveVideo.fingerprint` at the time of reading.
        frames: The number of frames that were read.
        readings: The number of faces in these frames, which is the number of rows.
        pieces: The number of pieces in which the video was read.
        error: Why the video was not read to its end, in one line; empty if there is no error.
            Rows that were read before the error are valid.
    """

    source: str
    fingerprint: str
    frames: int
    readings: int
    pieces: int = 1
    error: str = ""

    def to_json(self) -> str:
        """Return the report as JSON for the footer of a Parquet file."""
        return json.dumps(asdict(self))

    @classmethod
    def from_dict(cls, values: Any) -> Report:
        """Build a report from plain data.

        Raises:
            ValueError: A field is missing or unknown.
        """
        try:
            return cls(**values)
        except TypeError as error:
            raise ValueError(f"not a report: {error}") from error


def read_report(path: str) -> Report | None:
    """Return the report in a Parquet file, or None if the file or its report is unreadable."""
    import pyarrow as pa  # noqa: PLC0415 (an extra)
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        with open_file(path) as file:
            metadata = pq.read_metadata(file).metadata or {}
        return Report.from_dict(json.loads(metadata[KEY.encode()]))
    except (MediaError, OSError, pa.ArrowException, KeyError, ValueError):
        return None
