"""Fake a net with four features for tests of few-shot learning."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import numpy as np

from roomread.classifier import ModelFile
from roomread.fewshot import Consent, FeatureStatistics, Profile, Reference
from roomread.fewshot.feature_statistics import FEATURE_STATISTICS_KEY
from roomread.readings import Expression

# The logits of each expression, in which the true class is three above the others.
LOGITS = 3 * np.eye(7)
# The direction of a state that no ordinary face has.
STATE = np.array([0.0, 0.0, 0.0, 1.0])


def small_statistics() -> FeatureStatistics:
    """Return statistics of faces that differ only in the first three features."""
    prototypes = np.zeros((7, 4))
    prototypes[np.arange(7), np.arange(7) % 3] = 1.0
    return FeatureStatistics(
        np.zeros(4), prototypes, LOGITS, np.full(7, 1 / 7), 0.01 * np.eye(4), "made up"
    )


def small_model(*, digest: str = "0", prepared: bool = True) -> ModelFile:
    """Return a model file without a graph, which contains statistics only if it is prepared."""
    text = {FEATURE_STATISTICS_KEY: small_statistics().to_json()} if prepared else {}
    made = SimpleNamespace(
        name="small",
        digest=digest,
        card=SimpleNamespace(temperature=1.0, threshold=0.4),
        session=SimpleNamespace(get_metadata=lambda: text),
    )
    return cast("ModelFile", made)


def state(name: str, count: int = 3, *, person: str | None = None) -> Profile:
    """Return the profile of a state whose references look like `STATE` and are read as sad."""
    seen = Reference(name, STATE.astype(np.float32), LOGITS[Expression.SAD].astype(np.float32))
    consent = Consent("a letter", "2026-09-02") if person is not None else None
    return Profile(name, (seen,) * count, "small", "0", person, consent)


def person(name: str, count: int = 4) -> Profile:
    """Return the profile of a person whose neutral face the net just barely reads as sad."""
    logits = np.zeros(7, np.float32)
    logits[Expression.SAD], logits[Expression.NEUTRAL] = 2.0, 1.9
    seen = Reference("neutral", np.eye(4, dtype=np.float32)[0], logits)
    return Profile(name, (seen,) * count, "small", "0", name, Consent("a letter", "2026-09-02"))
