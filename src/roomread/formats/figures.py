"""Compute the values of a session that are shown and exported: moods, parts and changes.

Every interface and every format gets a session's moods from this module. Shares are rounded to
steps of 5 %, unless the session keeps readings of individual people with their consent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from roomread.room import RoomMood
from roomread.room.mood import BASELINE_FROM
from roomread.room.rounding import MoodRounding, rounded_columns, rounded_moods
from roomread.room.session import Mark, Session
from roomread.room.stretches import FallenStretch, fallen_stretches
from roomread.store.owner_store import OwnerStore
from roomread.store.summary import Summary, summarise

# Changes are detected in means over intervals of this length, s.
_CHANGES_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class SessionFigures:
    """The moods, marks, changes and other values of a session that may be shown.

    Attributes:
        moods: The moods, earliest first.
        marks: The marks, earliest first.
        summary: The parts between the marks, and the lasting changes.
        stretches: The times in which the valence had fallen, the largest fall first.
    """

    moods: Sequence[RoomMood]
    marks: Sequence[Mark]
    summary: Summary
    stretches: Sequence[FallenStretch]

    def activity_of(self, stretch: FallenStretch) -> str:
        """Return the label of the last mark before the middle of a stretch; "" if there is none."""
        middle = (stretch.start + stretch.end) / 2
        return next((mark.label for mark in reversed(self.marks) if mark.time <= middle), "")


def session_figures(store: OwnerStore, session: Session) -> SessionFigures:
    """Return the values of a session that may be shown; see the module for their rounding.

    Changes are detected in the exact moods. The valences before and after each change are then
    rounded in the same way as the moods.

    Args:
        store: The store of the session's owner.
        session: The session.
    """
    exact, marks = store.mood_columns(session.id), store.marks(session.id)
    if session.keeps_people:
        return _figures(exact, marks, summarise(exact, marks))
    shown = rounded_columns(exact)
    return _figures(shown, marks, summarise(exact, marks, rounded=shown))


def _figures(moods: Sequence[RoomMood], marks: Sequence[Mark], summary: Summary) -> SessionFigures:
    return SessionFigures(moods, marks, summary, fallen_stretches(summary.changes, moods))


def exact_moods(store: OwnerStore, session: Session) -> list[RoomMood]:
    """Return the exact moods of a session, which are used to find changes and must not be shown."""
    return store.moods(session.id)


def shown_moods(
    store: OwnerStore, session: Session, *, since: float = 0.0, limit: int | None = None
) -> list[RoomMood]:
    """Return the moods of a session from a given time on, rounded for display, earliest first.

    Args:
        store: The store of the session's owner.
        session: The session.
        since: The time from which on moods are returned, s.
        limit: The maximum number of moods; None for all.
    """
    moods = store.moods(session.id, since=since, limit=limit)
    if session.keeps_people or not moods:
        return moods
    before = _before(store, session, moods[0].time)
    return rounded_moods([*before, *moods])[len(before) :]


def last_shown_mood(store: OwnerStore, session: Session) -> RoomMood | None:
    """Return the newest mood of a session, rounded for display, or None if there is no mood."""
    last = store.last_mood(session.id)
    if last is None or session.keeps_people:
        return last
    return rounded_moods([*_before(store, session, last.time), last])[-1]


class RunningMoods:
    """The newest mood of a session that is being recorded, rounded for display.

    Args:
        store: The store of the session's owner.
        session: The session.
    """

    def __init__(self, store: OwnerStore, session: Session) -> None:
        self._exact: RoomMood | None = None
        self._shown = last = store.last_mood(session.id)
        self._rounding: MoodRounding | None = None
        if not session.keeps_people:
            before = _before(store, session, last.time) if last is not None else []
            self._rounding = MoodRounding(before)
            self._shown = self._rounding.add(last) if last is not None else None

    def update(self, mood: RoomMood | None) -> RoomMood | None:
        """Add a mood, unless it was added before; return the newest mood, rounded for display.

        Args:
            mood: The newest mood of the pipeline; None before the first mood.
        """
        if mood is not None and mood is not self._exact:
            self._exact = mood
            self._shown = mood if self._rounding is None else self._rounding.add(mood)
        return self._shown


class RunningFigures:
    """The values of a session that is being recorded; an update reads only the new moods.

    The lasting changes and the parts are recomputed every 15 s, the length of the intervals
    over which moods are averaged to detect changes, and whenever the marks change.

    Args:
        store: The store of the session's owner.
        session: The session.
    """

    def __init__(self, store: OwnerStore, session: Session) -> None:
        self._store, self._session = store, session
        self._exact: list[RoomMood] = []
        self._shown: list[RoomMood] = []
        self._rounding = None if session.keeps_people else MoodRounding()
        self._figures: SessionFigures | None = None
        self._due = 0.0

    def update(self) -> SessionFigures:
        """Read the new moods from the store, and return the values of the whole session."""
        store, session = self._store, self._session
        since = self._exact[-1].time + 0.001 if self._exact else 0.0
        new = store.moods(session.id, since=since)
        self._exact += new
        self._shown += new if self._rounding is None else map(self._rounding.add, new)
        marks = store.marks(session.id)
        now = self._exact[-1].time if self._exact else 0.0
        known = self._figures
        if known is not None and now < self._due and known.marks == marks:
            figures = replace(known, moods=self._shown)
        else:
            summary = summarise(
                self._exact, marks, rounded=None if session.keeps_people else self._shown
            )
            figures = _figures(self._shown, marks, summary)
            self._due = now + _CHANGES_SECONDS
        self._figures = figures
        return figures


def _before(store: OwnerStore, session: Session, time: float) -> list[RoomMood]:
    """Return the exact moods from which the baseline at a given time is computed."""
    since = max(time - BASELINE_FROM, 0.0)
    return [mood for mood in store.moods(session.id, since=since, until=time) if mood.time < time]
