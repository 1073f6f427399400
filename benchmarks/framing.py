"""Measure how a CenterFace box maps to the 48 x 48 frame of FER-2013's pictures.

    python benchmarks/framing.py [path/to/fer2013.parquet]

The output is the mapping by the box and by the landmarks, with the spread of each; `faces.crops`
uses the result. Only Training pictures are read, and none is shown or saved.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image

from roomread.faces import CenterFace
from roomread.readings import Box, Face

DATA = Path(__file__).parents[2] / "shared" / "data" / "fer2013.parquet"
SIDE = 48


class Mapping(NamedTuple):
    """The unit of length and the anchor point by which a frame is placed relative to a face."""

    length: float
    anchor: NDArray[np.float64]


def training_pictures(path: Path, count: int, seed: int) -> Iterator[NDArray[np.uint8]]:
    """Return random Training pictures, uint8 [48, 48]."""
    table = pq.read_table(path, columns=["Usage", "image"])
    rows = np.flatnonzero(np.array(table["Usage"].to_pylist()) == "Training")
    chosen = np.random.default_rng(seed).choice(rows, size=min(count, rows.size), replace=False)
    for row in chosen:
        with Image.open(io.BytesIO(table["image"][int(row)].as_py())) as picture:
            yield np.asarray(picture.convert("L"))


def seen(picture: NDArray[np.uint8], zoom: int, border: str) -> NDArray[np.uint8]:
    """Return a picture enlarged, in RGB, with a border of half its side."""
    large = Image.fromarray(picture).resize((SIDE * zoom, SIDE * zoom), Image.Resampling.BICUBIC)
    margin = SIDE * zoom // 2
    grey = np.asarray(large)
    padded = (
        np.pad(grey, margin, mode="edge")
        if border == "edge"
        else np.pad(grey, margin, constant_values=128)
    )
    return np.repeat(padded[:, :, np.newaxis], 3, axis=2)


def central_face(faces: list[Face], frame: Box) -> Face | None:
    """Return the face that fills most of the frame."""
    inside = [face for face in faces if face.box.iou(frame) > 0]
    return max(inside, key=lambda face: face.box.iou(frame), default=None)


def by_box(face: Face) -> Mapping:
    """Return the mapping with the box's height as length and its centre as anchor."""
    return Mapping(face.box.height, np.array(face.box.center))


def by_landmarks(face: Face) -> Mapping:
    """Return the mapping with the eyes-to-mouth distance as length and its middle as anchor."""
    assert face.landmarks is not None  # noqa: S101 - CenterFace always has them
    points = face.landmarks.astype(np.float64)
    eyes, mouth = points[:2].mean(axis=0), points[3:].mean(axis=0)
    return Mapping(float(np.linalg.norm(mouth - eyes)), (eyes + mouth) / 2)


def by_both(face: Face) -> Mapping:
    """Return the mapping with the mean of eye distance and eyes-to-mouth distance as length.

    Yaw shortens only the first distance, pitch only the second.
    """
    assert face.landmarks is not None  # noqa: S101 - CenterFace always has them
    points = face.landmarks.astype(np.float64)
    eyes, mouth = points[:2].mean(axis=0), points[3:].mean(axis=0)
    wide = float(np.linalg.norm(points[1] - points[0]))
    return Mapping((wide + float(np.linalg.norm(mouth - eyes))) / 2, (eyes + mouth) / 2)


def report(name: str, mappings: list[Mapping], frame: Box) -> None:
    """Print the spread of side and shift, and the error of the frames that they predict."""
    length = np.array([m.length for m in mappings])
    side = frame.width / length
    shift = (np.array(frame.center) - np.array([m.anchor for m in mappings])) / length[:, None]
    told = np.median(side), np.median(shift[:, 1])
    overlaps = []
    for mapping in mappings:
        x, y = mapping.anchor + np.array([0.0, told[1] * mapping.length])
        half = told[0] * mapping.length / 2
        overlaps.append(Box(x - half, y - half, x + half, y + half).iou(frame))
    print(
        f"{name:>16}: side {_spread(side)}  x {_spread(shift[:, 0])}  y {_spread(shift[:, 1])}  "
        f"relative sd of side {_robust_sd(side) / told[0]:.3f}  "
        f"IoU with the frame: median {np.median(overlaps):.3f}, "
        f"10 % {np.quantile(overlaps, 0.1):.3f}"
    )


def _spread(values: NDArray[np.float64]) -> str:
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return f"{middle:.3f} [{low:.3f}, {high:.3f}]"


def _robust_sd(values: NDArray[np.float64]) -> float:
    low, high = np.quantile(values, [0.25, 0.75])
    return float(high - low) / 1.349


def main() -> None:
    """Measure the mappings, and print them with their spreads."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", nargs="?", type=Path, default=DATA)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--zoom", type=int, default=4)
    parser.add_argument("--border", choices=["grey", "edge"], default="grey")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    detector = CenterFace(threads=1)
    margin = SIDE * options.zoom // 2
    frame = Box(margin, margin, 3 * margin, 3 * margin)
    pictures = training_pictures(options.data, options.count, options.seed)
    found = [
        central_face(detector.detect(seen(one, options.zoom, options.border)), frame)
        for one in pictures
    ]
    faces = [face for face in found if face is not None]
    print(f"FER-2013 Training, {len(found)} random | seed {options.seed} | zoom {options.zoom}")
    print(f"face found in {len(faces)} ({len(faces) / len(found):.3f})")
    for name, mapping in {
        "box": by_box,
        "eyes to mouth": by_landmarks,
        "eyes, mouth": by_both,
    }.items():
        report(name, [mapping(face) for face in faces], frame)


if __name__ == "__main__":
    main()
