"""Provide pictures without labels, whose only training target is the teachers' prediction.

Use only pictures whose licence allows training, such as FairFace (Karkkainen and Joo 2021,
arXiv:1908.04913; CC BY 4.0).
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from roomread._version import __version__
from roomread.errors import DataError
from roomread.media import atomic_path
from roomread.media.folders import search_folder
from roomread.media.kinds import PICTURE_SUFFIXES
from roomread.training.dataset import SIDE, FerData, Split
from roomread.training.face_crops import cut_faces
from roomread.training.recipe import Recipe

# The label of an unlabelled picture, which metrics ignore.
NO_LABEL = -1


def unlabelled_faces(recipe: Recipe, cache: Path) -> FerData | None:
    """Return the faces of a recipe's folder of unlabelled pictures; None if no folder is set.

    The largest face of each picture is used if it is readable. The faces are stored, so that a
    resumed run, and another run with the same pictures, can load them.

    Args:
        recipe: the recipe, of which `unlabelled` and `unlabelled_crops` are used.
        cache: the folder of stored faces.

    Raises:
        DataError: the folder does not exist or has no readable face, a picture cannot be read, or
            the stored faces are damaged.
        OutputError: the faces cannot be stored.
    """
    if not recipe.unlabelled:
        return None
    folder = Path(recipe.unlabelled)
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder of unlabelled pictures")
    files = [
        file for file in search_folder(folder).files if file.suffix.lower() in PICTURE_SUFFIXES
    ]
    path = cache / f"{_key(folder, files, crops=recipe.unlabelled_crops)}.npy"
    if not path.exists():
        found = cut_faces(files, crops=recipe.unlabelled_crops)
        if not found.readable.any():
            raise DataError(f"{folder}: has no picture with a readable face")
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as draft, draft.open("wb") as file:
            np.save(file, found.images[found.readable])
    return _as_data(_stored(path))


def _key(folder: Path, files: list[Path], *, crops: bool) -> str:
    """Return a name that changes with the pictures and the way in which their faces are cut."""
    listed = [
        (file.relative_to(folder).as_posix(), file.stat().st_size, file.stat().st_mtime_ns)
        for file in files
    ]
    content = json.dumps([__version__, crops, listed])
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def _stored(path: Path) -> NDArray[np.uint8]:
    try:
        images: NDArray[np.uint8] = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: the stored faces are damaged", hint="delete the file") from error
    if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (SIDE, SIDE):
        raise DataError(f"{path}: the stored faces are damaged", hint="delete the file")
    return images


def _as_data(images: NDArray[np.uint8]) -> FerData:
    rows = len(images)
    return FerData(
        images,
        np.full(rows, NO_LABEL, dtype=np.int64),
        np.full(rows, Split.Training, dtype=np.int8),
        None,
        np.arange(rows, dtype=np.int64),
    )
