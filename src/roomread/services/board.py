"""Create the events that update the teacher's board, the live web page about an open room."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from roomread.formats.figures import RunningMoods, exact_moods, shown_moods
from roomread.formats.room_values import alert_to_dict, change_to_dict, mood_to_dict
from roomread.joining import RoomStatus
from roomread.room import Alert, Change, Direction, Mark, RoomMood, change_points
from roomread.room.rounding import rounded_change
from roomread.store import OwnerStore, Session

# The length of the chart of the board, s.
HISTORY_SECONDS = 600.0
# Seconds between two searches for lasting changes.
_CHANGES_PERIOD = 15.0
# The board calls the room clearly above or below its usual valence from this absolute trend on.
_CLEAR_TREND = 0.2


@dataclass(frozen=True, slots=True)
class BoardPoint:
    """One second of the board's chart.

    Attributes:
        time: Seconds from the start of the session.
        mood: The mood, rounded for display; None if there is no mood to show.
        people: The number of people in the room.
        lost: The number of presses of the button "I am lost" since the previous point; None with
            fewer than five people. For a point that is read from the database, it is the number
            since the previous stored sample, and None if no sample was stored since the previous
            point.
    """

    time: float
    mood: RoomMood | None
    people: int
    lost: int | None

    def to_dict(self) -> dict[str, Any]:
        """Return the point as plain values with short keys, because a chart has many points."""
        mood = self.mood
        figure = mood_to_dict(mood) if mood is not None else {}
        return {
            "t": round(self.time, 1),
            "v": figure.get("valence"),
            "i": figure.get("valence_interval"),
            "b": figure.get("baseline"),
            "present": mood.present if mood is not None else 0,
            "readable": mood.readable if mood is not None else 0,
            "people": self.people,
            "lost": self.lost,
        }


@dataclass(slots=True)
class BoardFeed:
    """The data of a teacher's board, which is the live web page about one room.

    Only one thread at a time may use a feed.

    Args:
        moods: The object that rounds moods for display.
        exact: The unrounded moods of the session so far, from which lasting changes are detected.

    Attributes:
        points: The points of the last ten minutes, one for each second.
        changes: The lasting changes of the whole session.
    """

    moods: RunningMoods
    exact: list[RoomMood]
    points: deque[BoardPoint] = field(default_factory=deque)
    changes: list[Change] = field(default_factory=list)
    _mood: RoomMood | None = None
    _direction: Direction | None = None
    _since: float = 0.0
    _lost: int = 0
    _sought: float = float("-inf")

    @classmethod
    def of(cls, store: OwnerStore, session: Session, time: float) -> BoardFeed:
        """Return the feed of a session, which starts with its moods of the last ten minutes.

        Args:
            store: The sessions of the owner.
            session: The session; moods may already be stored in it.
            time: The present, seconds from the start of the session.
        """
        since = max(time - HISTORY_SECONDS, 0.0)
        feed = cls(RunningMoods(store, session), [*exact_moods(store, session)])
        samples = deque(s for s in store.reports(session.id) if s.time >= since)
        people = 0
        for mood in shown_moods(store, session, since=since):
            lost = None
            while samples and samples[0].time <= mood.time:
                sample = samples.popleft()
                people, lost = sample.people, sample.presses
            feed.points.append(BoardPoint(mood.time, mood, people, lost))
        return feed

    def add(self, time: float, status: RoomStatus, mood: RoomMood | None, lost: int) -> bool:
        """Add the state of the room at one time, and return whether the chart has a new point.

        Args:
            time: Seconds from the start of the session.
            status: The counts of people and reports at this time.
            mood: The exact mood, if a new mood is due.
            lost: The number of presses of the button "I am lost" since the previous call.
        """
        self._lost += lost
        if time - self._sought >= _CHANGES_PERIOD:
            self._sought = time
            self.changes = [rounded_change(change) for change in change_points(self.exact)]
        if mood is None:
            return False
        self.exact.append(mood)
        self._mood = self.moods.update(mood)
        if self._mood is not None and self._mood.direction != self._direction:
            self._direction, self._since = self._mood.direction, time
        pressed = self._lost if status.reports is not None else None
        self.points.append(BoardPoint(time, self._mood, status.people, pressed))
        self._lost = 0
        while time - self.points[0].time > HISTORY_SECONDS:
            self.points.popleft()
        return True

    def history(self, marks: Sequence[Mark]) -> dict[str, Any]:
        """Return the content of a new board's first event: the points, marks and changes so far."""
        return {
            "points": [point.to_dict() for point in self.points],
            "marks": [asdict(mark) for mark in marks],
            "changes": [change_to_dict(change) for change in self.changes],
        }

    def event(
        self, time: float, status: RoomStatus, alerts: Sequence[Alert], *, has_point: bool
    ) -> dict[str, Any]:
        """Return the event that shows the state of the room at one time on the board.

        Args:
            time: Seconds from the start of the session.
            status: The counts of people and reports at this time.
            alerts: The active alerts.
            has_point: Whether the chart has a new point.
        """
        mood = self._mood
        trend = mood.trend if mood is not None else None
        return {
            "time": round(time, 2),
            "status": asdict(status),
            "mood": mood_to_dict(mood) if mood is not None else None,
            "direction": self._direction.name.lower() if self._direction is not None else None,
            "clear": trend is not None and abs(trend) >= _CLEAR_TREND,
            "since": round(self._since, 1),
            "alerts": [alert_to_dict(alert) for alert in alerts],
            "changes": [change_to_dict(change) for change in self.changes],
            "point": self.points[-1].to_dict() if has_point else None,
        }
