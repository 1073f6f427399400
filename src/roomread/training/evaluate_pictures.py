"""Evaluate a model file on a data set other than FER-2013."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from roomread._version import __version__
from roomread.classifier import ModelFile
from roomread.errors import DataError
from roomread.training.evaluate import Evaluation, fer2013_head, predict, probabilities, score
from roomread.training.face_crops import cut_faces
from roomread.training.picture_sets import LabelledPictures

# The names of the heads in the results. The key is whether the head learned FER-2013's label.
_HEADS = {False: "users' head", True: "label's head"}


@dataclass(frozen=True, slots=True, eq=False)
class PicturesEvaluation:
    """The evaluation of a model on labelled pictures.

    Attributes:
        results: the evaluation of each head on the faces that were found.
        pictures: the number of labelled pictures.
        without_face: the number of pictures in which the labelled face was not found.
        unreadable: the number of found faces that the pipeline would report as unreadable; they
            are evaluated nevertheless.
    """

    results: list[Evaluation]
    pictures: int
    without_face: int
    unreadable: int


def evaluate_pictures(
    model: ModelFile, pictures: LabelledPictures, *, crops: bool = False
) -> PicturesEvaluation:
    """Find and read the labelled face of each picture, and compare the prediction with the label.

    Args:
        model: an opened model file.
        pictures: the data set.
        crops: whether the pictures are already square crops of faces, which are only scaled.

    Raises:
        DataError: a picture cannot be read, or no face is found.
    """
    faces = cut_faces(pictures.files, crops=crops, boxes=pictures.boxes)
    if not len(faces.rows):
        raise DataError(
            f"{pictures.name}: no face was found in any picture",
            hint="if the pictures are square crops of faces, evaluate them as crops",
        )
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
