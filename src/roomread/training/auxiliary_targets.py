"""Read action units and head pose of a data set's pictures, as MediaPipe estimates them.

The table is the output of MediaPipe's Face Landmarker. As its values are not measured but
estimated, agreement with them is reported as a correlation or a difference, never as an accuracy.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray

from roomread.errors import DataError
from roomread.training.dataset import FerData, Split

# Action units of the Facial Action Coding System (Ekman and Friesen 1978), and the blendshapes of
# ARKit that describe the same movement; left and right are averaged. Cheek squint, nose sneer and
# cheek puff are absent, because MediaPipe's values for them hardly leave 0.
UNITS: dict[str, tuple[str, ...]] = {
    "AU1": ("browInnerUp",),
    "AU2": ("browOuterUpLeft", "browOuterUpRight"),
    "AU4": ("browDownLeft", "browDownRight"),
    "AU5": ("eyeWideLeft", "eyeWideRight"),
    "AU7": ("eyeSquintLeft", "eyeSquintRight"),
    "AU10": ("mouthUpperUpLeft", "mouthUpperUpRight"),
    "AU12": ("mouthSmileLeft", "mouthSmileRight"),
    "AU14": ("mouthDimpleLeft", "mouthDimpleRight"),
    "AU15": ("mouthFrownLeft", "mouthFrownRight"),
    "AU16": ("mouthLowerDownLeft", "mouthLowerDownRight"),
    "AU17": ("mouthShrugLower",),
    "AU18": ("mouthPucker",),
    "AU20": ("mouthStretchLeft", "mouthStretchRight"),
    "AU22": ("mouthFunnel",),
    "AU24": ("mouthPressLeft", "mouthPressRight"),
    "AU26": ("jawOpen",),
    "AU28": ("mouthRollLower", "mouthRollUpper"),
    "AU45": ("eyeBlinkLeft", "eyeBlinkRight"),
    "AU63": ("eyeLookUpLeft", "eyeLookUpRight"),
    "AU64": ("eyeLookDownLeft", "eyeLookDownRight"),
}
ANGLES = ("yaw", "pitch", "roll")
# Factors that turn MediaPipe's angles into the angles of `readings.Pose`.
_SIGNS = np.array([1, -1, -1], dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class AuxiliaryTargets:
    """Action units and pose of the pictures of a data set, as MediaPipe estimates them.

    Attributes:
        found: bool [N], whether MediaPipe found a face; where it is False, units and pose are 0.
        units: float32 [N, len(UNITS)], 0..1.
        pose: float32 [N, 3], `ANGLES` in degrees, with the signs of `readings.Pose`.
    """

    found: NDArray[np.bool_]
    units: NDArray[np.float32]
    pose: NDArray[np.float32]

    def take(self, rows: NDArray[np.bool_]) -> AuxiliaryTargets:
        """Return the targets of the pictures for which the mask `rows`, bool [N], is True."""
        return AuxiliaryTargets(self.found[rows], self.units[rows], self.pose[rows])


def read_targets(path: Path, data: FerData) -> AuxiliaryTargets:
    """Read the targets of a data set's pictures from a Parquet table.

    Args:
        path: a table with a row for each picture: `row` (as in `FerData.rows`), `Usage`, `found`,
            ARKit's blendshapes in 0..1, and MediaPipe's yaw, pitch and roll in degrees.
        data: the data set.

    Raises:
        DataError: the table cannot be read, lacks a column or a picture of the data set, or states
            another split for a picture.
    """
    columns = sorted({column for parts in UNITS.values() for column in parts})
    names = ["row", "Usage", "found", *columns, *ANGLES]
    try:
        present = pyarrow.parquet.read_schema(path).names
        missing = [name for name in names if name not in present]
        if missing:
            raise DataError(f"{path}: has no column {missing[0]}")
        table = pyarrow.parquet.read_table(path, columns=names)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path}: cannot be read as a table of action units ({error})") from error
    rows = table["row"].to_numpy()
    order = np.argsort(rows)
    place = np.minimum(np.searchsorted(rows[order], data.rows), len(rows) - 1)
    chosen = order[place]
    if len(rows) == 0 or (rows[chosen] != data.rows).any():
        raise DataError(f"{path}: lacks some of the {len(data)} pictures of the data set")
    usage = [str(name) for name in table["Usage"].to_pylist()]
    unknown = sorted(set(usage) - set(Split.__members__))
    if unknown:
        raise DataError(f"{path}: has the unknown split '{unknown[0]}'")
    splits = np.array([Split[name] for name in usage], dtype=np.int8)
    if (splits[chosen] != data.splits).any():
        raise DataError(f"{path}: belongs to another data set: its splits differ")
    values = {
        name: np.nan_to_num(table[name].cast(pa.float32()).to_numpy())[chosen]
        for name in (*columns, *ANGLES)
    }
    units = [np.mean([values[part] for part in parts], axis=0) for parts in UNITS.values()]
    pose = np.stack([values[name] for name in ANGLES], axis=1) * _SIGNS
    found = table["found"].to_numpy(zero_copy_only=False).astype(bool)[chosen]
    return AuxiliaryTargets(found, np.stack(units, axis=1), pose)
