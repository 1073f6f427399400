"""Evaluate a profile on its own references by leaving out each in turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from roomread.classifier import ModelFile, softmax
from roomread.fewshot.adapter import CLAIM, check_model
from roomread.fewshot.feature_statistics import feature_statistics_of
from roomread.fewshot.person import learn
from roomread.fewshot.profile import Profile
from roomread.fewshot.prototype import Prototype
from roomread.readings import Expression

# Minimum gain in mean log-probability of a profile that reads no more pictures correctly; it
# corresponds to 1 % more probability of the true expression.
_LEAST_GAIN = 0.01


@dataclass(frozen=True, slots=True)
class LeaveOneOutResult:
    """The result of leaving out each reference of a profile in turn.

    Attributes:
        references: the number of references.
        right: the number that the profile taught with the others reads correctly.
        general: the number that the general model reads correctly; None for a state, which it does
            not know.
        before: mean probability of the true expression by the general model, 0..1; 0 for a state.
        after: the same with the profile.
        gain: mean of log(after / before); 0 for a state.
        said: the expression that the general model gives to most of the references.
    """

    references: int
    right: int
    general: int | None
    before: float
    after: float
    gain: float
    said: Expression

    @property
    def helps(self) -> bool | None:
        """Whether the profile improves on the general model; None for a single reference.

        A person's profile must read more pictures right, or as many with a higher probability of
        the true expression; a state must be found in at least half of its own references.
        """
        if self.references < 2:
            return None
        if self.general is None:
            return 2 * self.right >= self.references
        more = self.right > self.general
        as_many = 0 < self.right == self.general
        return more or (as_many and self.gain > _LEAST_GAIN)

    def __str__(self) -> str:
        if self.references < 2:
            return "taught with one picture, so that no other is left for a test"
        taught = f"{self.right} of {self.references} left-out pictures are read correctly"
        if self.general is None:
            return f"{taught}; the general model calls most of them {self.said}"
        return (
            f"{taught}, {self.general} by the general model; probability of what they show "
            f"{self.before:.2f} before, {self.after:.2f} after"
        )


def evaluate(profile: Profile, model: ModelFile) -> LeaveOneOutResult:
    """Return how well each reference is read by a profile of the others.

    Raises:
        ProfileError: The profile was taught with another net.
        ModelFileError: The net is not prepared for few-shot learning.
    """
    check_model(profile, model)
    said = np.bincount(profile.logits.argmax(axis=1), minlength=len(Expression))
    most = Expression(int(said.argmax()))
    if profile.is_state:
        return LeaveOneOutResult(
            len(profile.references), _found(profile, model), None, 0.0, 0.0, 0.0, most
        )
    statistics, logits, labels = feature_statistics_of(model), profile.logits, profile.expressions
    rows = np.arange(len(labels))
    general = model.card.temperature
    taught = np.stack(
        [
            learn(
                statistics, np.delete(logits, i, axis=0), np.delete(labels, i), temperature=general
            ).apply(logits[i])
            for i in rows
        ]
    )
    before, after = (
        np.maximum(softmax(z, temperature=general)[rows, labels], 1e-6) for z in (logits, taught)
    )
    return LeaveOneOutResult(
        references=len(labels),
        right=int((taught.argmax(axis=1) == labels).sum()),
        general=int((logits.argmax(axis=1) == labels).sum()),
        before=float(before.mean()),
        after=float(after.mean()),
        gain=float(np.log(after / before).mean()),
        said=most,
    )


def _found(profile: Profile, model: ModelFile) -> int:
    """Return how many of a state's references are found by a prototype of the others."""
    statistics = feature_statistics_of(model)
    x, ordinary = statistics.normalise(profile.features), statistics.ordinary()
    if len(x) < 2:
        return 0
    others = (Prototype(statistics, np.delete(x, i, axis=0), ordinary) for i in range(len(x)))
    return sum(bool(o.percentile(x[i : i + 1])[0] >= CLAIM) for i, o in enumerate(others))
