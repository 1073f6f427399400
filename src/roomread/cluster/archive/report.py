"""What is known of a video or a piece that is read: in the footer of its Parquet file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from roomread.cluster.archive.storage import open_file
from roomread.errors import MediaError

KEY = "roomread"


@dataclass(frozen=True, slots=True)
class Report:
    """How the reading of a video, or of a piece of one, ended.

    Attributes:
        source: the video's path or address.
        fingerprint: of the video as it was, see `ArchiveVideo.fingerprint`.
        frames: how many it has.
        readings: faces in them, each a row.
        pieces: in how many it was read.
        error: why it was not read to its end, in a line; what came before is there.
    """

    source: str
    fingerprint: str
    frames: int
    readings: int
    pieces: int = 1
    error: str = ""

    def to_json(self) -> str:
        """The report as a footer holds it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_dict(cls, values: Any) -> Report:
        """Reads a report.

        Raises:
            ValueError: it is none.
        """
        try:
            return cls(**values)
        except TypeError as error:
            raise ValueError(f"not a report: {error}") from error


def read_report(path: str) -> Report | None:
    """The report of a Parquet file; None where there is no such file, or no whole one of ours."""
    import pyarrow as pa  # noqa: PLC0415 (an extra)
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        with open_file(path) as file:
            metadata = pq.read_metadata(file).metadata or {}
        return Report.from_dict(json.loads(metadata[KEY.encode()]))
    except (MediaError, OSError, pa.ArrowException, KeyError, ValueError):
        return None
