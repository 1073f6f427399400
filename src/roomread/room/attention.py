"""Alerts: rules applied to a room's moods and to its people's readings, with hysteresis."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from roomread.readings import VALENCE, Expression, Reading, Scores
from roomread.room.clock import clock
from roomread.room.measures import MeasureHistory, MeasureWindow, normal
from roomread.room.mood import Interval, RoomMood
from roomread.room.rounding import rounded_value
from roomread.room.rules import Relation, Rule

# An alert ends when its measure is past the threshold by this much in the other direction, as a
# share. At the threshold itself it would flicker.
_HYSTERESIS = 0.1
# A longer pause in the source than this many seconds, and this many frames, is not bridged.
_GAP, _GAP_FRAMES = 10.0, 2.5
# A face counts as a person once it was seen for this long in all, s: posters show faces too.
_PERSON = 30.0


@dataclass(frozen=True, slots=True)
class Alert:
    """A rule that held.

    Attributes:
        number: The number of the alert in its session, from 1, in the order of raising.
        time: When it was raised, seconds.
        rule: The rule as it is written.
        reason: What was seen, in words.
        certainty: How certain that is, 0..1. For the room it is the probability that its people
            are beyond the threshold. For a person it is the averaged confidence in the expression,
            or the share of frames that could not be read.
        seat: The seat of the person; None for the room.
        ended: When it ended, seconds; None while it holds.
    """

    number: int
    time: float
    rule: str
    reason: str
    certainty: float
    seat: int | None = None
    ended: float | None = None


class Attention:
    """Watch one source and raise alerts.

    It has no clock: times come with what it is given, and must not run back.

    Args:
        rules: The rules to apply.
        people: Whether rules about a person are applied, and values are given exactly. Only with
            the people's consent.
        min_certainty: The least certainty with which a fall is reported, 0..1.
        every: About how many seconds lie between two frames.
        first_number: The number of the first alert. A session that is resumed counts on.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        *,
        people: bool = False,
        min_certainty: float = 0.99,
        every: float = 0.5,
        first_number: int = 1,
    ) -> None:
        self._min_certainty, self._people = min_certainty, people
        self._gap = max(_GAP, _GAP_FRAMES * every)
        self._room = [rule for rule in rules if rule.subject == "room"]
        self._person = [rule for rule in rules if rule.subject == "person" and people]
        self._windows: dict[tuple[Rule, int | None], MeasureWindow] = {}
        self._held: dict[tuple[Rule, int | None], Alert] = {}
        self._histories: dict[Rule, MeasureHistory] = {}
        self._seen: dict[int, float] = {}
        self._last = math.inf
        self._next_number = first_number

    @property
    def held(self) -> list[Alert]:
        """The alerts that hold now, oldest first."""
        return sorted(self._held.values(), key=lambda alert: alert.number)

    def update_room(self, mood: RoomMood) -> list[Alert]:
        """Return the alerts that the next mood raises, and those that it ends (`ended` is set)."""
        changed = []
        for rule in self._room:
            if rule.relation is Relation.FELL:
                changed += self._judge_fall(rule, mood)
            else:
                window = self._window(rule, None)
                window.add(mood.time, _of_room(rule.measure, mood))
                changed += self._judge(rule, None, mood.time, window.mean(), mood)
        return changed

    def update_people(self, time: float, readings: Iterable[Reading]) -> list[Alert]:
        """Return the alerts that the readings of the next frame raise and end.

        A person who was seen before and is not in this frame counts as unreadable.

        Args:
            time: The time of the frame, seconds.
            readings: The readings of the frame; people are identified by `Reading.person_key`.
        """
        if not self._person:
            return []
        here = {key: each for each in readings if (key := each.person_key) is not None}
        elapsed = min(max(time - self._last, 0.0), self._gap)
        self._last = time
        for seat in here:
            self._seen[seat] = self._seen.get(seat, 0.0) + elapsed
        changed = []
        for rule in self._person:
            for seat in sorted(seat for seat, seen in self._seen.items() if seen >= _PERSON):
                window = self._window(rule, seat)
                window.add(time, _of_person(rule.measure, here.get(seat)))
                changed += self._judge(rule, seat, time, window.mean(), None)
        return changed

    def _window(self, rule: Rule, seat: int | None) -> MeasureWindow:
        if (rule, seat) not in self._windows:
            self._windows[rule, seat] = MeasureWindow(rule.seconds, self._gap)
        return self._windows[rule, seat]

    def _judge(
        self, rule: Rule, seat: int | None, time: float, value: float | None, mood: RoomMood | None
    ) -> list[Alert]:
        """Raise, keep or end the alert of a rule whose measure is averaged."""
        if value is None:
            return []
        sign = 1 if rule.relation is Relation.ABOVE else -1
        beyond = sign * (value - rule.threshold)
        if (rule, seat) in self._held:
            # A threshold near the end of the scale has less room to come back.
            room = rule.threshold - rule.lowest if sign > 0 else 1 - rule.threshold
            margin = min(_HYSTERESIS, room / 2)
            return self._end(rule, seat, time) if beyond < -margin else []
        if beyond <= 0:
            return []
        certainty = _certainty(rule, value, mood) if mood is not None else value
        shown = value if rule.measure == "coverage" else self._shown(value)
        reason = f"{_name(seat)}: {rule.measure} {shown:.0%} on average over {_time(rule.seconds)}"
        return self._raise(rule, seat, time, reason, certainty)

    def _judge_fall(self, rule: Rule, mood: RoomMood) -> list[Alert]:
        history = self._histories.setdefault(rule, MeasureHistory(rule.seconds, self._gap))
        history.add(mood.time, mood.valence)
        found = history.fall()
        if found is None or mood.valence is None:
            return []
        high, now, seconds = found
        fall = high - now
        if (rule, None) in self._held:
            return self._end(rule, None, mood.time) if fall < rule.threshold / 2 else []
        if fall <= 0 or fall < rule.threshold:
            return []
        certainty = history.certainty(fall, _standard_error(mood.valence_interval))
        if certainty < self._min_certainty:
            return []
        shown = f"from {self._shown(high):+.2f} to {self._shown(now):+.2f}"
        reason = f"room: valence fell {shown} in {_time(round(seconds))}"
        return self._raise(rule, None, mood.time, reason, certainty)

    def _shown(self, value: float) -> float:
        """Return a value as it may be shown: in steps of 0.05 where no single people are kept."""
        return value if self._people else rounded_value(value)

    def _raise(
        self, rule: Rule, seat: int | None, time: float, reason: str, certainty: float
    ) -> list[Alert]:
        certainty = min(max(certainty, 0.0), 1.0)
        alert = Alert(self._next_number, time, str(rule), reason, certainty, seat)
        self._next_number += 1
        self._held[rule, seat] = alert
        return [alert]

    def _end(self, rule: Rule, seat: int | None, time: float) -> list[Alert]:
        return [replace(self._held.pop((rule, seat)), ended=time)]


def _name(seat: int | None) -> str:
    return "room" if seat is None else f"seat {seat}"


def _time(seconds: int) -> str:
    return f"{seconds} s" if seconds < 120 else f"{clock(seconds)} min"


def _of_room(measure: str, mood: RoomMood) -> float | None:
    if measure == "coverage":
        return mood.coverage if mood.present else None
    if mood.scores is None:
        return None
    if measure == "valence":
        return mood.valence
    if measure == "negative":
        return mood.negative
    return float(mood.scores[Expression[measure.upper()]])


def _of_person(measure: str, reading: Reading | None) -> float | None:
    scores = reading.scores if reading is not None else None
    if measure == "unreadable":
        return float(scores is None)
    return _of_scores(measure, scores) if scores is not None else None


def _of_scores(measure: str, scores: Scores) -> float:
    if measure == "negative":
        return float(scores.probabilities[VALENCE < 0].sum())
    return scores[Expression[measure.upper()]]


def _certainty(rule: Rule, value: float, mood: RoomMood) -> float:
    """Return the probability that the room is beyond the threshold, 0..1."""
    if rule.measure == "coverage":
        # The coverage is counted, not estimated.
        return 1.0
    if rule.measure == "valence":
        error = _standard_error(mood.valence_interval)
    else:
        # Half a person is added to each side, as shares of few people are uncertain.
        share = (value * mood.readable + 0.5) / (mood.readable + 1) if mood.readable else 0.5
        error = math.sqrt(share * (1 - share) / max(mood.readable, 1))
    return normal(abs(value - rule.threshold) / error)


def _standard_error(interval: Interval | None) -> float:
    """Return the standard error of which an interval is the 95 % interval."""
    return (interval.high - interval.low) / (2 * 1.96) if interval is not None else math.inf
