"""Moods as columns are the same moods as objects."""

from __future__ import annotations

import numpy as np
import pytest

from roomread.room import RoomMood
from roomread.room.mood_columns import MoodColumns, valences

SHARES = np.array([0.1, 0.0, 0.05, 0.4, 0.05, 0.1, 0.3])
MOODS = [
    RoomMood(1.0, 3, 2),
    RoomMood(2.5, 8, 7, SHARES, states={"bored": 0.25}, looking_away=0.125),
    RoomMood(4.0, 9, 9, SHARES[::-1].copy(), baseline=-0.2, states={"bored": 0.0, "lost": 0.5}),
]


def test_mood_columns_equal_the_list_of_moods_from_which_they_were_made() -> None:
    columns = MoodColumns.of(MOODS)
    assert len(columns) == 3
    assert list(columns) == MOODS
    assert columns == MOODS
    assert columns[-1] == MOODS[-1]
    assert columns[1:] == MOODS[1:]
    assert columns != MOODS[:2]
    assert columns != "moods"
    assert columns.known.tolist() == [False, True, True]
    with pytest.raises(IndexError):
        columns[3]


def test_converting_mood_columns_to_mood_columns_returns_the_same_object() -> None:
    columns = MoodColumns.of(MOODS)
    assert MoodColumns.of(columns) is columns


def test_joined_mood_columns_equal_the_moods_of_all_parts() -> None:
    parts = [MoodColumns.of([mood]) for mood in MOODS]
    assert MoodColumns.joined(parts) == MOODS
    assert MoodColumns.joined([]) == []


def test_empty_mood_columns_have_no_moods_and_no_valences() -> None:
    empty = MoodColumns.of([])
    assert not empty
    assert valences(empty).shape == (0, 3)


def test_valences_returns_the_valence_and_the_interval_of_each_mood() -> None:
    rows = valences(MOODS)
    assert np.isnan(rows[0]).all()
    for row, mood in zip(rows[1:], MOODS[1:], strict=True):
        assert mood.valence_interval is not None
        assert row.tolist() == pytest.approx([mood.valence, *mood.valence_interval], abs=1e-12)
