"""What a profile is worth on its own references, each left out in turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from roomread.classifier import ModelFile, softmax
from roomread.fewshot.adapter import CLAIM, check_model
from roomread.fewshot.ground import ground_of
from roomread.fewshot.person import personal_shift
from roomread.fewshot.profile import Profile
from roomread.fewshot.prototype import Prototype

# Mean log-probability that a profile must add where both read as many pictures right: 1 % more
# probability for what the picture shows.
_LEAST_GAIN = 0.01


@dataclass(frozen=True, slots=True)
class Trial:
    """A profile on its references, each left out in turn.

    Attributes:
        shots: how many there are.
        right: how many are read right without having been taught.
        general: how many the general model reads right; None of a state, which it cannot say.
        gain: of a person, the mean log-probability of what the pictures show, over the general
            model's, natural logarithm; 0 of a state.
    """

    shots: int
    right: int
    general: int | None
    gain: float

    @property
    def helps(self) -> bool | None:
        """Whether the profile is worth having; None where one picture leaves nothing to test.

        A person's reads more of their pictures right, or as many and gives what they show more
        probability; a state is seen in at least half of its own.
        """
        if self.shots < 2:
            return None
        if self.general is None:
            return 2 * self.right >= self.shots
        return self.right > self.general or (self.right == self.general and self.gain > _LEAST_GAIN)

    def __str__(self) -> str:
        if self.shots < 2:
            return "one picture: nothing is left to test it on"
        taught = f"{self.right} of {self.shots} left-out pictures read right"
        if self.general is None:
            return f"{taught}; the general model has no such word"
        change = f"{100 * (np.exp(self.gain) - 1):+.0f} % probability for what they show"
        return f"{taught}, {self.general} by the general model; {change}"


def evaluate(profile: Profile, model: ModelFile) -> Trial:
    """Leaves each reference out, teaches the others, and reads it.

    Raises:
        ProfileError: the profile was taught with another net.
        ModelFileError: the net is not prepared for few-shot learning.
    """
    check_model(profile, model)
    return _try_state(profile, model) if profile.is_state else _try_person(profile, model)


def _try_state(profile: Profile, model: ModelFile) -> Trial:
    ground = ground_of(model)
    x, ordinary = ground.normalise(profile.features), ground.ordinary()
    right = 0
    for i in range(len(x) if len(x) > 1 else 0):
        others = Prototype(ground, np.delete(x, i, axis=0), ordinary)
        right += bool(others.likeness(x[i : i + 1])[0] >= CLAIM)
    return Trial(len(x), right, None, 0.0)


def _try_person(profile: Profile, model: ModelFile) -> Trial:
    ground, logits, labels = ground_of(model), profile.logits, profile.expressions
    rows = np.arange(len(labels))
    shifted = np.stack(
        [
            logits[i] - personal_shift(ground, np.delete(logits, i, axis=0), np.delete(labels, i))
            for i in rows
        ]
    )
    before = softmax(logits, temperature=model.card.temperature)[rows, labels]
    after = softmax(shifted.astype(np.float32), temperature=model.card.temperature)[rows, labels]
    return Trial(
        len(labels),
        int((shifted.argmax(axis=1) == labels).sum()),
        int((logits.argmax(axis=1) == labels).sum()),
        float(np.log(np.maximum(after, 1e-6) / np.maximum(before, 1e-6)).mean()),
    )
