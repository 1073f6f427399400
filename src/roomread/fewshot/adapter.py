"""Apply profiles, which change the scores of a person's face or add scores of taught states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from roomread.classifier import ModelFile, Prediction, softmax
from roomread.errors import ProfileError
from roomread.fewshot.feature_statistics import feature_statistics_of
from roomread.fewshot.person import learn
from roomread.fewshot.profile import Profile
from roomread.fewshot.prototype import Prototype
from roomread.readings import Scores, StateScore

# Percentile of ordinary faces, 0..1, from which on a face counts as showing a state.
CLAIM = 0.98


class ProfileBinding(NamedTuple):
    """A profile and the face that it applies to.

    Attributes:
        profile: The profile to apply.
        track_id: The track in a video that it applies to; None for any track.
    """

    profile: Profile
    track_id: int | None = None

    def applies(self, track_id: int | None, faces: int) -> bool:
        """Return whether the profile applies to a face of a frame.

        Faces are not recognised. A profile with a track id applies to that track alone. Without a
        track id, the profile of a person, or of one person's state, applies only in a frame with a
        single face, and the profile of a state of no particular person applies to every face.

        Args:
            track_id: The track of the face; None in a picture.
            faces: The number of faces in the frame.
        """
        if self.track_id is not None:
            return track_id == self.track_id
        return self.profile.person is None or faces == 1


class Adapter:
    """A converter that applies profiles while it turns a net's outputs into scores.

    Args:
        uses: The profiles and the faces that they apply to.
        model: The net with which the profiles were taught.

    Raises:
        ProfileError: A profile was taught with another net or is given twice, or two people's
            profiles apply to the same face.
        ModelFileError: The net is not prepared for few-shot learning.
    """

    def __init__(self, uses: Sequence[ProfileBinding], model: ModelFile) -> None:
        for use in uses:
            check_model(use.profile, model)
        _check_people(uses)
        self._card = model.card
        statistics = feature_statistics_of(model)
        self._statistics = statistics
        general = model.card.temperature
        self._people = [
            (
                use,
                learn(statistics, use.profile.logits, use.profile.expressions, temperature=general),
            )
            for use in uses
            if not use.profile.is_state
        ]
        # Profiles with a track id come last, so that they override those for the only face.
        self._people.sort(key=lambda person: person[0].track_id is not None)
        taught = [use for use in uses if use.profile.is_state]
        ordinary = statistics.ordinary() if taught else np.zeros((0, len(statistics.mean)))
        self._states = [
            (use, Prototype(statistics, statistics.normalise(use.profile.features), ordinary))
            for use in taught
        ]

    def adapt(
        self, predictions: Sequence[Prediction], tracks: Sequence[int | None], *, faces: int
    ) -> list[Prediction]:
        """Return the predictions for N readable faces, in the same order, with profiles applied.

        Args:
            predictions: The net's predictions, with features and logits.
            tracks: The track id of each of the N faces; None in pictures.
            faces: The number of faces in the frame, including unreadable faces.
        """
        if not predictions:
            return []
        raw = np.array([prediction.logits for prediction in predictions])
        features = np.array([prediction.features for prediction in predictions])
        logits = raw.copy()
        people: list[str | None] = [None] * len(logits)
        for use, own in self._people:
            for i, track_id in enumerate(tracks):
                if use.applies(track_id, faces):
                    logits[i] = own.apply(raw[i])
                    people[i] = use.profile.name
        probabilities = softmax(logits, temperature=self._card.temperature)
        x = self._statistics.normalise(features)
        percentile = [(use, prototype.percentile(x)) for use, prototype in self._states]
        return [
            prediction._replace(
                scores=Scores(probabilities[i], self._card.threshold),
                states=tuple(
                    StateScore(use.profile.name, float(like[i]), CLAIM)
                    for use, like in percentile
                    if use.applies(track_id, faces)
                ),
                person=people[i],
            )
            for i, (prediction, track_id) in enumerate(zip(predictions, tracks, strict=True))
        ]


def check_model(profile: Profile, model: ModelFile) -> None:
    """Check that a profile was taught with this net.

    Raises:
        ProfileError: The profile was taught with another net, or its vectors have a wrong length.
    """
    if profile.digest != model.digest:
        raise ProfileError(
            f"the profile '{profile.name}' was taught with the model {profile.model} "
            f"({profile.digest}), not with {model.name} ({model.digest})",
            hint="teach it again with this model, or use the model that it was taught with",
        )
    size = len(feature_statistics_of(model).mean)
    if profile.features.shape[1] != size:
        raise ProfileError(
            f"the profile '{profile.name}' is damaged: its vectors contain "
            f"{profile.features.shape[1]} numbers, not {size}",
            hint="teach it again",
        )


def _check_people(uses: Sequence[ProfileBinding]) -> None:
    names = [use.profile.name for use in uses]
    for name in names:
        if names.count(name) > 1:
            raise ProfileError(f"the profile '{name}' is given twice")
    targets = [(use.track_id, use.profile.name) for use in uses if not use.profile.is_state]
    for track_id, name in targets:
        others = [other for where, other in targets if where == track_id and other != name]
        if others:
            place = f"track {track_id}" if track_id is not None else "the only face"
            raise ProfileError(
                f"{place} is assigned to two profiles, '{name}' and '{others[0]}'",
                hint="give each profile the track id of its person",
            )
