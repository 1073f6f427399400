"""Evaluate a model file on the pictures of another data set than FER-2013."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from roomread._version import __version__
from roomread.classifier import ModelFile
from roomread.errors import DataError
from roomread.training.evaluate import Evaluation, fer2013_head, predict, probabilities, score
from roomread.training.face_crops import cut_faces
from roomread.training.picture_sets import LabelledPictures

# The names of the heads, by whether they learned FER-2013's label.
_HEADS = {False: "users' head", True: "label's head"}


@dataclass(frozen=True, slots=True, eq=False)
class PicturesEvaluation:
    """The result of a model on a data set.

    Attributes:
        results: the evaluation of each head on the faces that were found.
        pictures: the number of labelled pictures.
        without_face: the number of them in which the labelled face was not found.
        unreadable: the number of found faces that the product calls unreadable; they are evaluated
            nevertheless.
    """

    results: list[Evaluation]
    pictures: int
    without_face: int
    unreadable: int


def evaluate_pictures(
    model: ModelFile, pictures: LabelledPictures, *, crops: bool = False
) -> PicturesEvaluation:
    """Find, cut and read the labelled face of each picture, and compare it with its label.

    Args:
        model: an opened model file.
        pictures: the data set.
        crops: whether the pictures are square crops of faces already, which are scaled only.

    Raises:
        DataError: a picture cannot be read, or no face is found.
    """
    faces = cut_faces(pictures.files, crops=crops, boxes=pictures.boxes)
    if not len(faces.rows):
        raise DataError(f"{pictures.name}: no face is found in any of the pictures")
    labels, logits = pictures.labels[faces.rows], predict(model, faces.images)
    heads = {"logits": False, fer2013_head(model): True}
    results = [
        score(
            f"{pictures.name}, {_HEADS[fer2013]}",
            probabilities(model, logits, fer2013=fer2013),
            labels,
            f"{pictures.name} | faces:{'as they are' if crops else 'cut'} | head:{head} | "
            f"model:{model.digest} | v{__version__}",
            uncalibrated=probabilities(model, logits, fer2013=fer2013, calibrated=False),
            count_absent=False,
        )
        for head, fer2013 in heads.items()
    ]
    return PicturesEvaluation(
        results,
        len(pictures.files),
        len(pictures.files) - len(faces.rows),
        int(np.sum(~faces.readable)),
    )
