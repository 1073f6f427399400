"""The prediction for one face."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from roomread.readings import Pose, Quality, Scores, StateScore


class Prediction(NamedTuple):
    """The results of the nets and the profiles for one face.

    Attributes:
        quality: How well the face can be seen, and, if it cannot be read, why.
        scores: The calibrated scores; None for a face that cannot be read.
        states: The face's similarity to each state, such as "confused", that the profiles in use
            were taught, in the profiles' order.
        person: The person whose profile was used; None if no person's profile was used.
        features: float32 [D], the input of the net's head; None for a face that cannot be read and
            for a classifier that has no model file.
        logits: float32 [7], the output of the net before its temperature and before profiles; None
            if `features` is None.
        action_units: The intensity of facial action units by name, 0..1; None for a face that
            cannot be read and for a net without action units.
        pose: The direction of the head; None for a face that cannot be read and for a net without
            pose.
    """

    quality: Quality
    scores: Scores | None = None
    states: tuple[StateScore, ...] = ()
    person: str | None = None
    features: NDArray[np.float32] | None = None
    logits: NDArray[np.float32] | None = None
    action_units: Mapping[str, float] | None = None
    pose: Pose | None = None
