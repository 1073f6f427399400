from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classes import reading
from roomread.readings import Box, Reading, Unreadable
from roomread.store import Readings, Session
from roomread.store.records import REASONS, RECORD, pack, unpack

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SESSION = Session("1", "n", "lesson.mp4", "", 0.3, NOW, NOW, None, "", True, "all", "local")  # noqa: FBT003

scores = st.integers(0, 2**32 - 1).map(
    lambda seed: np.random.default_rng(seed).dirichlet([0.3] * 7).astype(np.float32)
)
readings = st.builds(
    lambda seat, time, shown, left, top, size: reading(
        seat, time, shown, box=Box(left, top, left + size, top + size)
    ),
    st.integers(1, 2000),
    st.floats(0, 40_000),
    st.none() | scores,
    *(st.floats(-100, 8000) for _ in range(3)),
)


@given(st.lists(readings, max_size=20))
def test_what_is_packed_comes_back_as_it_was(before: list[Reading]) -> None:
    after = list(Readings(unpack([pack(before[:5]), pack(before[5:])]), SESSION))
    assert len(after) == len(before)
    for old, new in zip(before, after, strict=True):
        assert new.time == pytest.approx(old.time, abs=0.0006)
        assert new.seat == old.person_key
        assert new.box == pytest.approx(old.box, abs=0.51)
        assert new.quality.reason is old.quality.reason
        assert (new.scores is None) == (old.scores is None)
        if old.scores is not None and new.scores is not None:
            assert new.scores.probabilities.sum() == pytest.approx(1)
            assert new.scores.probabilities == pytest.approx(old.scores.probabilities, abs=0.02)
            assert new.scores.threshold == SESSION.threshold


def test_every_reason_has_its_number_and_the_old_ones_keep_theirs() -> None:
    assert set(REASONS) == set(Unreadable)
    assert REASONS[0] is Unreadable.TOO_SMALL
    assert REASONS[6] is Unreadable.TURNED_AWAY


def test_a_reading_takes_22_bytes_and_none_without_a_seat() -> None:
    assert RECORD.itemsize == 22
    stray = reading(1, 0.0, None)
    unnumbered = Reading(stray.source, 0.0, 0, stray.box, 1.0, stray.quality)
    assert len(pack([stray, unnumbered])) == 22
