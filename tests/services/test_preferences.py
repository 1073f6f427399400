from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from roomread.classifier import Head
from roomread.errors import RoomreadError, RulesError
from roomread.services.preferences import (
    DetectorChoice,
    Preferences,
    PreferencesError,
    keep_preferences,
    load_preferences,
)
from roomread.store import Store

CHOSEN = Preferences(
    language="pt",
    class_size=28,
    rules="room negative above 30% for 2 min",
    detector=DetectorChoice.HAAR,
    retention_days=90,
    notice="slide before the lesson",
    sound=True,
    head=Head.BOTH,
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'store.db'}")
    yield opened
    opened.close()


def test_last_saved_preferences_of_each_owner_are_returned(
    store: Store,
) -> None:
    anna, ben = store.owned_by("user:anna"), store.owned_by("user:ben")
    assert load_preferences(anna) == Preferences()
    keep_preferences(anna, Preferences(class_size=12))
    keep_preferences(anna, CHOSEN)
    assert load_preferences(anna) == CHOSEN
    assert load_preferences(ben) == Preferences()
    assert store.operator.owners_with_preferences() == ["user:anna"]


@pytest.mark.parametrize(
    ("wrong", "kind", "problem"),
    [
        (Preferences(language="tlh"), PreferencesError, "no language 'tlh'"),
        (Preferences(class_size=0), PreferencesError, "class size must be between 1 and 1000"),
        (Preferences(retention_days=-1), PreferencesError, "days must be between 1 and 3650"),
        (Preferences(notice="a" * 501), PreferencesError, "more than 500 characters"),
        (Preferences(rules="room is bored"), RulesError, "is not a rule"),
    ],
    ids=["language", "class size", "retention", "notice", "rules"],
)
def test_invalid_preference_is_refused_and_not_stored(
    store: Store, wrong: Preferences, kind: type[RoomreadError], problem: str
) -> None:
    anna = store.owned_by("user:anna")
    with pytest.raises(kind, match=problem):
        keep_preferences(anna, wrong)
    assert anna.preferences() is None


@pytest.mark.parametrize(
    "content",
    [
        "no JSON",
        "[]",
        "{}",
        '{"detector": "eyes"}',
        '{"detector": "haar", "colour": "red"}',
        '{"detector": "haar", "head": "third"}',
    ],
)
def test_preferences_that_cannot_be_read_are_reported(store: Store, content: str) -> None:
    anna = store.owned_by("user:anna")
    anna.keep_preferences(content)
    with pytest.raises(PreferencesError, match="cannot be read"):
        load_preferences(anna)
