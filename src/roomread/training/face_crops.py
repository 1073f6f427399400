"""Cut one face out of each picture, with the crop geometry of the net's training pictures."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from roomread.errors import DataError, MediaError
from roomread.faces import FER2013_FRAMING, CenterFace, assess_quality, cut
from roomread.media.images import read_image
from roomread.readings import Box, Face
from roomread.runtime import processors
from roomread.training.dataset import SIDE

# Minimum overlap (IoU) of a detected face with the labelled box to be the labelled face.
_SAME_FACE = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class FaceCrops:
    """Crops of faces, at most one from each of several pictures.

    Attributes:
        images: uint8 [N, 48, 48], grey.
        rows: int64 [N], the index of each face's picture, ascending.
        readable: bool [N], whether the face can be read (see `Quality.reason`).
    """

    images: NDArray[np.uint8]
    rows: NDArray[np.int64]
    readable: NDArray[np.bool_]


def cut_faces(
    files: Sequence[Path], *, crops: bool = False, boxes: Sequence[Box | None] | None = None
) -> FaceCrops:
    """Return at most one face of each picture, detected and cut as in the pipeline.

    Args:
        files: the pictures.
        crops: whether the pictures are already square crops of faces, which are only scaled.
        boxes: the box of the wanted face in each picture, px; None for the largest face.

    Raises:
        DataError: a picture cannot be read, or is not square although `crops` is set.
    """
    detector = None if crops else CenterFace()
    places = [None] * len(files) if boxes is None else boxes
    with ThreadPoolExecutor(processors()) as pool:
        found = list(pool.map(lambda file, box: _face(file, detector, box), files, places))
    rows = [row for row, face in enumerate(found) if face is not None]
    faces = [face for face in found if face is not None]
    images = [image for image, _ in faces]
    return FaceCrops(
        np.stack(images) if images else np.empty((0, SIDE, SIDE), dtype=np.uint8),
        np.array(rows, dtype=np.int64),
        np.array([readable for _, readable in faces], dtype=bool),
    )


def _face(
    file: Path, detector: CenterFace | None, box: Box | None
) -> tuple[NDArray[np.uint8], bool] | None:
    """Return the crop of a picture's face, and whether it is readable; None if there is no face."""
    try:
        image = read_image(file)
    except MediaError as error:
        raise DataError(error.problem, hint=error.hint) from error
    if detector is None:
        return _scaled(image, file), True
    faces = _chosen(detector.detect(image), box)
    if not faces:
        return None
    crop = cut(image, faces, FER2013_FRAMING, side=SIDE)
    (quality,) = assess_quality(image, faces, crop)
    return crop[0], quality.reason is None


def _chosen(faces: list[Face], box: Box | None) -> list[Face]:
    """Return at most one face: the face in `box`, or the largest face if `box` is None."""
    if box is None or not faces:
        return faces[:1]
    nearest = max(faces, key=lambda face: face.box.iou(box))
    return [nearest] if nearest.box.iou(box) >= _SAME_FACE else []


def _scaled(image: NDArray[np.uint8], file: Path) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    if height != width:
        raise DataError(
            f"{file}: {width} x {height} pixels are not a square crop of a face",
            hint="read the folder as whole pictures instead of crops",
        )
    grey = Image.fromarray(image).convert("L")
    return np.asarray(grey.resize((SIDE, SIDE), Image.Resampling.BICUBIC, reducing_gap=3.0))
