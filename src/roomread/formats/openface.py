"""Write readings with the columns of OpenFace 2 (Baltrusaitis et al., FG 2018).

The columns that scripts for OpenFace use have the same names and units: `frame` from 1, `timestamp`
in seconds, `success`, head rotation in radians and action units of 0..5. A value that no net gives
is empty. Gaze, the 68 landmarks and the head's position are left out, as Roomread has none of them.
The schema's columns follow, so that nothing else is lost.

Documentation: https://github.com/TadasBaltrusaitis/OpenFace/wiki/Output-Format
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from typing import IO, Any

from roomread.formats.csv_table import plain_cells
from roomread.readings import Frame, Pose, Reading
from roomread.wire import column_types, reading_to_row

# OpenFace's action units with an intensity; 28 has a presence alone.
ACTION_UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45)
_INTENSITY = 5.0


def openface_columns(states: Sequence[str] = ()) -> list[str]:
    """Return the names of all columns: OpenFace's, then those of the schema."""
    return [
        *("frame", "face_id", "timestamp", "confidence", "success"),
        *("pose_Rx", "pose_Ry", "pose_Rz"),
        *(f"AU{unit:02d}_r" for unit in ACTION_UNITS),
        *(_schema_column(name) for name in column_types(states)),
    ]


class OpenFaceSink:
    """Writes a row for each face.

    Args:
        file: Opened with `newline=""`.
        states: Names of the taught states that get a column of their own.
    """

    def __init__(self, file: IO[str], *, states: Sequence[str] = ()) -> None:
        self._states = states
        self._writer = csv.DictWriter(file, openface_columns(states))
        self._writer.writeheader()

    def add(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Write a row for each face."""
        for position, reading in enumerate(readings):
            self._writer.writerow(plain_cells(self._row(frame, position, reading)))

    def close(self) -> None:
        """Finish the file."""

    def _row(self, frame: Frame, position: int, reading: Reading) -> dict[str, Any]:
        units = reading.action_units or {}
        face_id = reading.track_id if reading.track_id is not None else position
        row = {
            "frame": frame.index + 1,
            "face_id": face_id,
            "timestamp": reading.time,
            "confidence": reading.detection_confidence,
            "success": int(reading.scores is not None),
        } | _rotation(reading.pose)
        for unit in ACTION_UNITS:
            value = units.get(f"AU{unit}", units.get(f"AU{unit:02d}"))
            row[f"AU{unit:02d}_r"] = None if value is None else value * _INTENSITY
        schema = reading_to_row(reading, self._states)
        return row | {_schema_column(name): cell for name, cell in schema.items()}


def _schema_column(name: str) -> str:
    """Return a column's name in this file: OpenFace has another `confidence`."""
    return "expression_confidence" if name == "confidence" else name


def _rotation(pose: Pose | None) -> dict[str, float | None]:
    """Return the rotation about OpenFace's axes (x right, y down, z away), radians.

    Turning about x lowers the head, about y turns it to the picture's left, and about z tilts it
    clockwise.
    """
    if pose is None:
        return {"pose_Rx": None, "pose_Ry": None, "pose_Rz": None}
    return {
        "pose_Rx": math.radians(-pose.pitch),
        "pose_Ry": math.radians(-pose.yaw),
        "pose_Rz": math.radians(pose.roll),
    }
