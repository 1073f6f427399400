"""Measure the range of each layer of the detector, for its 8-bit form.

    python benchmarks/ranges.py     # fetches the packages of looks.py, and the detector's

The detector is run on 24 crowded pictures, which are made as in `looks.py` from every second
photograph. The output is the file that `hatch_build.py` reads.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, create_calibrator

import looks
from roomread.faces.centerface.net import padded

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
import hatch_build  # noqa: E402 (it lies beside this folder)

COUNT, SEED = 24, 7


class Pictures(CalibrationDataReader):  # type: ignore[misc]
    """Reader of pictures for the calibration, padded with black to a multiple of 32 px."""

    def __init__(self, pictures: Iterator[NDArray[np.uint8]]) -> None:
        self.pictures = pictures

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        """Return the next picture, or None after the last."""
        picture = next(self.pictures, None)
        return None if picture is None else {"image": padded(picture)[np.newaxis]}


def main() -> None:
    """Measure the ranges, and write the file."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        portraits, grounds = looks.photographs(folder)
        pictures = looks.crowded(portraits[::2], grounds, count=COUNT, seed=SEED)
        model, _ = hatch_build.unpack(hatch_build.find_wheel(folder / "weights"))
        whole, file = hatch_build.free(model), folder / "whole.onnx"
        onnx.save(whole, file)
        calibrator = create_calibrator(
            file,
            hatch_build.IN_8_BITS,
            str(folder / "watched.onnx"),
            calibrate_method=CalibrationMethod.MinMax,
        )
        calibrator.collect_data(Pictures(pictures))
        seen = calibrator.compute_data().data
    ranges = {
        name: [float(f"{side.item():.4g}") for side in layer.range_value]
        for name, layer in sorted(seen.items())
    }
    path = ROOT / hatch_build.RANGES
    path.write_text(json.dumps(ranges, indent=1) + "\n", encoding="utf-8")
    print(f"{len(ranges)} layers' outputs: {path}")


if __name__ == "__main__":
    main()
