"""Store the preferences of a user: language, class size, rules, detector, retention."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from roomread.classifier import Head
from roomread.errors import RoomreadError, RulesError
from roomread.locales import LANGUAGES
from roomread.room import DEFAULT_RULES, parse_rules
from roomread.store import OwnerStore

# Maximum class size, people; maximum retention, days; maximum length of `notice`, characters.
MOST_PEOPLE, MOST_DAYS, MOST_CHARACTERS = 1000, 3650, 500


class PreferencesError(RoomreadError):
    """A preference has a value that cannot be used."""


class DetectorChoice(StrEnum):
    """The detector that finds the faces of a live source."""

    CENTERFACE = "centerface"
    HAAR = "haar"


@dataclass(frozen=True, slots=True)
class Preferences:
    """The preferences of one user.

    Attributes:
        language: One of `roomread.locales.LANGUAGES`; empty for the language of the browser.
        class_size: The number of people expected in a lesson; None for the largest number seen.
        rules: The alert rules of new recordings, one per line.
        detector: The detector that finds the faces of live sources.
        retention_days: The number of days without a change after which lessons are deleted; None
            keeps them.
        notice: How this user usually informs people that their expressions are read; new
            recordings start with this text.
        sound: Whether an alert makes a sound.
        head: The output head of the net that is used for live sources.
    """

    language: str = ""
    class_size: int | None = None
    rules: str = DEFAULT_RULES
    detector: DetectorChoice = DetectorChoice.CENTERFACE
    retention_days: int | None = None
    notice: str = ""
    sound: bool = False
    head: Head = Head.TAGGERS


def load_preferences(store: OwnerStore) -> Preferences:
    """Return the preferences of a store's owner; the defaults if no preferences are stored.

    Raises:
        DatabaseError: The database does not respond.
        PreferencesError: The stored preferences were written by another version and cannot be read.
    """
    content = store.preferences()
    if content is None:
        return Preferences()
    try:
        values: dict[str, Any] = json.loads(content)
        values["detector"] = DetectorChoice(values["detector"])
        values["head"] = Head(values.get("head", Head.TAGGERS))
        return checked(Preferences(**values))
    except (ValueError, TypeError, KeyError, RulesError) as error:
        raise PreferencesError("the settings of this user cannot be read") from error


def keep_preferences(store: OwnerStore, preferences: Preferences) -> None:
    """Write the preferences of a store's owner.

    Raises:
        PreferencesError: A value is outside the range that is allowed for it.
        RulesError: The rules are invalid.
        DatabaseError: The database cannot be written.
    """
    store.keep_preferences(json.dumps(asdict(checked(preferences))))


def checked(preferences: Preferences) -> Preferences:
    """Return the preferences after checking each value.

    Raises:
        PreferencesError: A value is outside the range that is allowed for it.
        RulesError: The rules are invalid.
    """
    if preferences.language and preferences.language not in LANGUAGES:
        raise PreferencesError(f"there is no language '{preferences.language}'")
    _check_range("expected class size", preferences.class_size, MOST_PEOPLE)
    _check_range("number of days", preferences.retention_days, MOST_DAYS)
    if len(preferences.notice) > MOST_CHARACTERS:
        raise PreferencesError(
            f"the text on how people are informed has more than {MOST_CHARACTERS} characters"
        )
    parse_rules(preferences.rules)
    return preferences


def _check_range(name: str, value: int | None, most: int) -> None:
    if value is not None and not 1 <= value <= most:
        raise PreferencesError(f"the {name} must be between 1 and {most}, not {value}")
