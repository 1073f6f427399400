"""Evaluate a profile on its own reference pictures by leave-one-out cross-validation."""

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

# If a profile reads as many pictures correctly as the general model, it helps only if it gains this
# much mean log-probability, which corresponds to 1 % more probability of the true expression.
_LEAST_GAIN = 0.01


@dataclass(frozen=True, slots=True)
class LeaveOneOutResult:
    """The result of a leave-one-out evaluation of a profile on its own reference pictures.

    Attributes:
        references: The number of reference pictures.
        correct: The number of references read correctly with a profile learnt from the other
            references.
        correct_before: The number of references read correctly without a profile; None for a state,
            which the general model does not know.
        probability_before: Mean probability of the true expression without a profile, 0..1; 0 for
            a state.
        probability_after: Mean probability of the true expression with a profile learnt from the
            other references, 0..1; 0 for a state.
        gain: Mean of log(probability_after / probability_before); 0 for a state.
        usual_expression: The expression that the general model reads most often in the references.
    """

    references: int
    correct: int
    correct_before: int | None
    probability_before: float
    probability_after: float
    gain: float
    usual_expression: Expression

    @property
    def helps(self) -> bool | None:
        """Whether the profile improves on the general model; None for a single reference.

        With a person's profile, more references must be read correctly than by the general model,
        or equally many (at least one) with a `gain` above 0.01. A state must be recognised in at
        least half of its own references.
        """
        if self.references < 2:
            return None
        if self.correct_before is None:
            return 2 * self.correct >= self.references
        more = self.correct > self.correct_before
        as_many = 0 < self.correct == self.correct_before
        return more or (as_many and self.gain > _LEAST_GAIN)

    def __str__(self) -> str:
        if self.references < 2:
            return "taught with one picture, so that no other is left for a test"
        if self.correct_before is None:
            return (
                f"{self.correct} of {self.references} left-out pictures are read correctly; "
                f"the general model calls most of them {self.usual_expression}"
            )
        return (
            f"{self.correct} of {self.references} left-out pictures are read correctly, "
            f"{self.correct_before} by the general model; probability of what they show "
            f"{self.probability_before:.2f} before, {self.probability_after:.2f} after"
        )


def evaluate(profile: Profile, model: ModelFile) -> LeaveOneOutResult:
    """Evaluate how well each reference is read with a profile learnt from the other references.

    Raises:
        ProfileError: The profile was taught with another net.
        ModelFileError: The net is not prepared for few-shot learning.
    """
    check_model(profile, model)
    counts = np.bincount(profile.logits.argmax(axis=1), minlength=len(Expression))
    most = Expression(int(counts.argmax()))
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
        correct=int((taught.argmax(axis=1) == labels).sum()),
        correct_before=int((logits.argmax(axis=1) == labels).sum()),
        probability_before=float(before.mean()),
        probability_after=float(after.mean()),
        gain=float(np.log(after / before).mean()),
        usual_expression=most,
    )


def _found(profile: Profile, model: ModelFile) -> int:
    """Return how many of a state's references a prototype of the other references recognises."""
    statistics = feature_statistics_of(model)
    x, ordinary = statistics.normalise(profile.features), statistics.ordinary()
    if len(x) < 2:
        return 0
    others = (Prototype(statistics, np.delete(x, i, axis=0), ordinary) for i in range(len(x)))
    return sum(bool(o.percentile(x[i : i + 1])[0] >= CLAIM) for i, o in enumerate(others))
