"""Read data sets other than FER-2013, in the layouts in which they are downloaded.

They are used for evaluation only: RAF-DB and AffectNet are licensed for non-commercial research
only, and a net must not be trained on the pictures on which it is tested.
"""

from __future__ import annotations

from pathlib import Path

from roomread.errors import DataError
from roomread.training.picture_sets.affectnet import LAYOUT as AFFECTNET
from roomread.training.picture_sets.emonet_face import LAYOUT as EMONET_FACE
from roomread.training.picture_sets.emonet_face_hq import LAYOUT as EMONET_FACE_HQ
from roomread.training.picture_sets.labelled import LabelledPictures
from roomread.training.picture_sets.raf_db import LAYOUT as RAF_DB

__all__ = ["LabelledPictures", "read_picture_set", "refuse_for_training"]

_LAYOUTS = (RAF_DB, AFFECTNET, EMONET_FACE, EMONET_FACE_HQ)


def read_picture_set(folder: Path) -> LabelledPictures | None:
    """Return the test pictures of a folder in a known layout; None in any other layout.

    Raises:
        DataError: a label file cannot be read, has an invalid row, or names a missing picture.
    """
    for layout in _LAYOUTS:
        labels = layout.find_labels(folder)
        if labels is not None:
            return layout.read(labels)
    return None


def refuse_for_training(folder: Path) -> None:
    """Raise an error if a folder contains a data set that is for evaluation only.

    Raises:
        DataError: the folder has the layout of such a data set.
    """
    for layout in _LAYOUTS:
        if layout.find_labels(folder) is not None:
            raise DataError(
                f"{folder}: is {layout.name}, which is for evaluation only: {layout.licence}",
                hint="train on FER-2013, and evaluate on this folder",
            )
