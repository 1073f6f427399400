"""Create a table of action units and head pose for a tiny data set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from fer_files import tiny_fer
from roomread.training.auxiliary_targets import ANGLES, UNITS
from roomread.training.dataset import FerData, Split

DATA = tiny_fer(each=20)
# In these pictures each class has its own brightness, which the feature maps of a net show.
BRIGHTNESS = DATA.labels / 6


def table(data: FerData = DATA, **changed: object) -> dict[str, object]:
    """Return columns of targets in which the open jaw and the angles depend on the brightness."""
    columns: dict[str, object] = {
        "row": data.rows.astype(np.int32),
        "Usage": [Split(split).name for split in data.splits],
        "found": np.ones(len(data), dtype=bool),
    }
    for part in {part for parts in UNITS.values() for part in parts}:
        columns[part] = np.full(len(data), 0.25, dtype=np.float16)
    brightness = data.labels / 6
    columns["jawOpen"] = brightness.astype(np.float16)
    for name in ANGLES:
        columns[name] = (40 * brightness).astype(np.float16)
    return columns | changed


def write(path: Path, columns: Mapping[str, object]) -> Path:
    pa.parquet.write_table(pa.table(dict(columns)), path)
    return path
