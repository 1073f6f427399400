"""Write readings with the columns of OpenFace 2 (Baltrusaitis et al., FG 2018).

The columns that scripts for OpenFace use have the same names and units: `frame` from 1, `timestamp`
in seconds, `success`, head rotation in radians and action units of 0..5. A value that no net
predicts is empty. Gaze, the 68 landmarks and the head's position are left out, because Roomread
does not measure them. The columns of Roomread's own schema follow.

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

# The action units for which OpenFace writes an intensity. For AU28 it writes only the presence.
ACTION_UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45)
# OpenFace's highest intensity, which corresponds to 1 in the schema.
_INTENSITY = 5.0


def openface_columns(states: Sequence[str] = ()) -> list[str]:
    """Return the names of all columns: first OpenFace's columns, then the schema's columns."""
    return [
        *("frame", "face_id", "timestamp", "confidence", "success"),
        *("pose_Rx", "pose_Ry", "pose_Rz"),
        *(f"AU{unit:02d}_r" for unit in ACTION_UNITS),
        *(_schema_column(name) for name in column_types(states)),
    ]


class OpenFaceSink:
    """Sink that writes a row for each face.

    Args:
        file: The text file, opened with `newline=""`.
        states: Names of the taught states, such as "confused"; each gets its own column.
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
        """Do nothing, because rows are written immediately."""

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
    """Return the name of a schema column in this file.

    The schema's `confidence` is renamed, because OpenFace has another column of that name.
    """
    return "expression_confidence" if name == "confidence" else name


def _rotation(pose: Pose | None) -> dict[str, float | None]:
    """Return the rotation about OpenFace's axes (x right, y down, z away), radians.

    A positive rotation about x lowers the head, about y turns it towards the left of the picture,
    and about z tilts it clockwise.
    """
    if pose is None:
        return {"pose_Rx": None, "pose_Ry": None, "pose_Rz": None}
    return {
        "pose_Rx": math.radians(-pose.pitch),
        "pose_Ry": math.radians(-pose.yaw),
        "pose_Rz": math.radians(pose.roll),
    }
