"""Hypothesis strategies for readings with every field that a reading can have."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from roomread.readings import (
    Box,
    EyeActivity,
    Pose,
    Quality,
    Reading,
    Scores,
    StateScore,
    Unreadable,
)

_shares = st.floats(0, 1)
_coordinates = st.floats(-5_000, 50_000)
_ids = st.none() | st.integers(1, 2**31 - 1)
# Texts that a file can contain, without unpaired surrogates.
_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_names = _texts.filter(bool)

boxes = st.builds(
    lambda left, top, width, height: Box(left, top, left + width, top + height),
    _coordinates,
    _coordinates,
    st.floats(1, 5_000),
    st.floats(1, 5_000),
)


def _probabilities(seed: int, spread: float) -> NDArray[np.float32]:
    return np.random.default_rng(seed).dirichlet([spread] * 7).astype(np.float32)


probabilities = st.builds(
    _probabilities, st.integers(0, 2**32 - 1), st.sampled_from([0.02, 0.3, 3.0])
)
# Some thresholds equal the confidence, where a rounding error would withhold the expression.
scores = st.builds(Scores, probabilities, _shares) | probabilities.map(
    lambda values: Scores(values, float(values.max()))
)
landmarks = st.lists(
    st.tuples(*[st.floats(-1_000, 10_000, width=32)] * 2), min_size=5, max_size=5
).map(lambda points: np.array(points, dtype=np.float32))


def _reading(
    reading: Reading, reason: Unreadable, states: dict[str, tuple[float, float]]
) -> Reading:
    if reading.scores is None:
        reading = replace(reading, quality=replace(reading.quality, reason=reason))
    taught = tuple(StateScore(name, *values) for name, values in states.items())
    return replace(reading, states=taught)


_measures = st.none() | _shares
readings = st.builds(
    _reading,
    st.builds(
        Reading,
        source=_texts,
        time=st.floats(0, 1e6),
        frame_index=st.none() | st.integers(0, 2**31 - 1),
        box=boxes,
        detection_confidence=_measures,
        quality=st.builds(
            Quality,
            size=st.none() | st.floats(0, 5_000),
            visible=_measures,
            brightness=_measures,
            contrast=st.none() | st.floats(0, 0.5),
            sharpness=st.none() | st.floats(0, 10),
            frontality=_measures,
            reason=st.none(),
        ),
        scores=st.none() | scores,
        track_id=_ids,
        seat=_ids,
        person=st.none() | _names,
        landmarks=st.none() | landmarks,
        valence=st.none() | st.floats(-1, 1),
        pose=st.none() | st.builds(Pose, *[st.floats(-180, 180)] * 3),
        action_units=st.none() | st.dictionaries(_names | st.just("AU45"), _shares, max_size=3),
        eyes=st.none() | st.builds(EyeActivity, _shares, st.none() | st.floats(0, 1_000)),
    ),
    st.sampled_from(Unreadable),
    st.dictionaries(_names, st.tuples(_shares, _shares), max_size=3),
)
