"""Raise alerts by applying rules, with hysteresis, to a room's moods and people's readings."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from roomread.readings import VALENCE, Expression, Reading
from roomread.room.alert import Alert
from roomread.room.measures import HISTORY, MeasureHistory, MeasureWindow, PeopleWindow, normal
from roomread.room.mood import Interval, RoomMood
from roomread.room.rounding import rounded_value
from roomread.room.rules import Relation, Rule

# Hysteresis: an alert ends when its measure has crossed the threshold back by this amount, so that
# the alert does not flicker.
_HYSTERESIS = 0.1
# A pause in the source that is longer than both this many seconds and this many frame intervals
# interrupts the measurement.
_GAP, _GAP_FRAMES = 10.0, 2.5
# Total time that a face must be seen to count as a person, s, because detectors also find faces on
# posters for a moment.
_PERSON = 30.0
# Time without being seen after which a person counts as having left, s. It is at least twice the
# time of the longest rule.
_LEFT = 600.0


class Attention:
    """An evaluator of rules that raises and ends the alerts of one source.

    It reads no clock: times are passed in and must not decrease.

    Args:
        rules: The rules to apply.
        people: Whether rules about a person are applied and the values of alerts are exact, which
            requires the people's consent. Otherwise values are rounded.
        min_certainty: The minimum certainty at which a fall of the valence raises an alert, 0..1.
        every: Approximate time between two frames, seconds.

    Attributes:
        past: How far back `resume` needs the room's moods, seconds.
        people_past: How far back `resume` needs people's readings, seconds; 0 without rules
            about a person.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        *,
        people: bool = False,
        min_certainty: float = 0.99,
        every: float = 0.5,
    ) -> None:
        self._min_certainty, self._people = min_certainty, people
        self._gap = max(_GAP, _GAP_FRAMES * every)
        self._room = [rule for rule in rules if rule.subject == "room"]
        self._person = [rule for rule in rules if rule.subject == "person" and people]
        falls = {rule.seconds for rule in self._room if rule.relation is Relation.FELL}
        self._histories = {seconds: MeasureHistory(seconds, self._gap) for seconds in falls}
        # Rules that differ in their threshold alone share a window.
        self._room_windows = {
            (rule.measure, rule.seconds): MeasureWindow(rule.seconds, self._gap)
            for rule in self._room
            if rule.relation is not Relation.FELL
        }
        self._people_windows = {
            (rule.measure, rule.seconds): PeopleWindow(rule.seconds, self._gap)
            for rule in self._person
        }
        self._left = max([_LEFT, *(2.0 * rule.seconds for rule in self._person)])
        self.past = max(
            [0.0, *(2.0 * seconds + HISTORY for seconds in falls)]
            + [float(seconds) for _, seconds in self._room_windows]
        )
        self.people_past = max([0.0, *(2.0 * _PERSON + rule.seconds for rule in self._person)])
        self._held: dict[tuple[Rule, int | None], Alert] = {}
        # By seat: how long it was seen in all, and when it was seen last, s.
        self._seen: dict[int, float] = {}
        self._seen_last: dict[int, float] = {}
        # The seats that count as people, in the order of their columns in the windows.
        self._columns: list[int] = []
        self._last = math.inf
        self._next_number = 1

    @property
    def held(self) -> list[Alert]:
        """The active alerts, oldest first."""
        return sorted(self._held.values(), key=lambda alert: alert.number)

    def resume(
        self,
        alerts: Iterable[Alert],
        moods: Iterable[RoomMood] = (),
        frames: Iterable[tuple[float, Iterable[Reading]]] = (),
    ) -> None:
        """Continue from the state of an earlier `Attention` whose source was interrupted.

        Active alerts are not raised again, and end according to their rules. People who are in none
        of the frames count as new people when they are seen again.

        Args:
            alerts: All alerts that were raised earlier.
            moods: The moods of the last `past` seconds, earliest first. Without them the averages
                of the room come from new moods alone.
            frames: The times and readings of the last `people_past` seconds, earliest first.
        """
        for mood in moods:
            self._add_mood(mood)
        if self._person:
            for time, readings in frames:
                self._add_people(time, readings)
        rules = {str(rule): rule for rule in (*self._room, *self._person)}
        for alert in alerts:
            self._next_number = max(self._next_number, alert.number + 1)
            if alert.ended is None and alert.rule in rules:
                self._held[rules[alert.rule], alert.seat] = alert

    def update_room(self, mood: RoomMood) -> list[Alert]:
        """Process the next mood; return new alerts, and alerts that ended (with `ended` set)."""
        means = self._add_mood(mood)
        changed = []
        for rule in self._room:
            if rule.relation is Relation.FELL:
                changed += self._judge_fall(rule, mood, self._histories[rule.seconds])
            else:
                mean = means[rule.measure, rule.seconds]
                changed += self._judge(rule, None, mood.time, mean, mood)
        return changed

    def _add_mood(self, mood: RoomMood) -> dict[tuple[str, int], float | None]:
        """Add a mood to the averages of the room, and return the averages."""
        for history in self._histories.values():
            history.add(mood.time, mood.valence)
        for (measure, _), window in self._room_windows.items():
            window.add(mood.time, _of_room(measure, mood))
        return {key: window.mean() for key, window in self._room_windows.items()}

    def update_people(self, time: float, readings: Iterable[Reading]) -> list[Alert]:
        """Process the readings of the next frame; return the alerts that begin or end.

        A person who was seen before and is not in this frame counts as unreadable.

        Args:
            time: The time of the frame, seconds.
            readings: The readings of the frame; people are identified by `Reading.person_key`.
        """
        if not self._person:
            return []
        changed = self._drop_left(time)
        means = self._add_people(time, readings)
        if self._columns:
            for rule in self._person:
                changed += self._judge_people(rule, time, means[rule.measure, rule.seconds])
        return changed

    def _add_people(
        self, time: float, readings: Iterable[Reading]
    ) -> dict[tuple[str, int], NDArray[np.float64]]:
        """Add a frame to the averages of people; return the averages, each float64 [people]."""
        here = {key: each for each in readings if (key := each.person_key) is not None}
        elapsed = min(max(time - self._last, 0.0), self._gap)
        self._last = time
        for seat in here:
            self._seen_last[seat] = time
            before = self._seen.get(seat, 0.0)
            self._seen[seat] = before + elapsed
            if before < _PERSON <= before + elapsed:
                self._columns.append(seat)
        if not self._columns:
            return {}
        values = _of_people([here.get(seat) for seat in self._columns])
        means: dict[tuple[str, int], NDArray[np.float64]] = {}
        for (measure, seconds), window in self._people_windows.items():
            window.add(time, values[measure])
            means[measure, seconds] = window.means()
        return means

    def _drop_left(self, time: float) -> list[Alert]:
        """Forget the people who have left, and end their alerts."""
        for _, seat in self._held:
            if seat is not None:
                # A resumed alert may be about a person who has not been seen since the restart.
                self._seen_last.setdefault(seat, time)
        left = {seat for seat, last in self._seen_last.items() if time - last > self._left}
        if not left:
            return []
        kept = [column for column, seat in enumerate(self._columns) if seat not in left]
        self._columns = [self._columns[column] for column in kept]
        for window in self._people_windows.values():
            window.keep(kept)
        for seat in left:
            del self._seen_last[seat]
            self._seen.pop(seat, None)
        held = [(rule, seat) for rule, seat in self._held if seat in left]
        return [alert for rule, seat in held for alert in self._end(rule, seat, time)]

    def _judge_people(self, rule: Rule, time: float, means: NDArray[np.float64]) -> list[Alert]:
        """Apply a rule to all people, and return the alerts that begin or end."""
        beyond = _sign(rule) * (means - rule.threshold)
        held = np.array([(rule, seat) in self._held for seat in self._columns])
        changed = np.flatnonzero(np.where(held, beyond < -_margin(rule), beyond > 0))
        return [
            alert
            for seat, mean in sorted((self._columns[i], float(means[i])) for i in changed)
            for alert in self._judge(rule, seat, time, mean, None)
        ]

    def _judge(
        self, rule: Rule, seat: int | None, time: float, value: float | None, mood: RoomMood | None
    ) -> list[Alert]:
        """Raise, keep or end the alert of a rule that compares an average with a threshold."""
        if value is None:
            return []
        beyond = _sign(rule) * (value - rule.threshold)
        if (rule, seat) in self._held:
            return self._end(rule, seat, time) if beyond < -_margin(rule) else []
        if beyond <= 0:
            return []
        certainty = _certainty(rule, value, mood) if mood is not None else value
        shown = value if rule.measure == "coverage" else self._shown(value)
        certainty = min(max(certainty, 0.0), 1.0)
        number, text = self._next_number, str(rule)
        alert = Alert(number, time, text, shown, certainty, rule.seconds, seat=seat)
        return self._raise(rule, alert)

    def _judge_fall(self, rule: Rule, mood: RoomMood, history: MeasureHistory) -> list[Alert]:
        falls = history.falls()
        if not falls or mood.valence is None:
            return []
        if (rule, None) in self._held:
            recovered = falls[0].size < rule.threshold / 2
            return self._end(rule, None, mood.time) if recovered else []
        error = _standard_error(mood.valence_interval)
        for fall in falls:
            if fall.size <= 0 or fall.size < rule.threshold:
                continue
            certainty = history.certainty(fall, error)
            if certainty >= self._min_certainty:
                alert = Alert(
                    self._next_number,
                    mood.time,
                    str(rule),
                    self._shown(fall.now),
                    certainty,
                    round(fall.seconds),
                    before=self._shown(fall.high),
                )
                return self._raise(rule, alert)
        return []

    def _shown(self, value: float) -> float:
        """Return a value for display, in steps of 0.05 if no readings of people are stored."""
        return value if self._people else rounded_value(value)

    def _raise(self, rule: Rule, alert: Alert) -> list[Alert]:
        self._next_number += 1
        self._held[rule, alert.seat] = alert
        return [alert]

    def _end(self, rule: Rule, seat: int | None, time: float) -> list[Alert]:
        return [replace(self._held.pop((rule, seat)), ended=time)]


def _of_room(measure: str, mood: RoomMood) -> float | None:
    if measure == "coverage":
        return mood.coverage if mood.present else None
    if measure == "looking_away":
        return mood.looking_away
    if mood.scores is None:
        return None
    if measure == "valence":
        return mood.valence
    if measure == "negative":
        return mood.negative
    return float(mood.scores[Expression[measure.upper()]])


def _sign(rule: Rule) -> int:
    return 1 if rule.relation is Relation.ABOVE else -1


def _margin(rule: Rule) -> float:
    """Return how far a measure must move back past its threshold for an alert to end."""
    # Near the end of the scale, the hysteresis must be smaller to be reachable.
    room = rule.threshold - rule.lowest if rule.relation is Relation.ABOVE else 1 - rule.threshold
    return min(_HYSTERESIS, room / 2)


def _of_people(readings: Sequence[Reading | None]) -> dict[str, NDArray[np.float64]]:
    """Return, by the name of a measure, each person's value, float64 [people]; NaN if unknown."""
    probabilities = np.full((len(readings), len(Expression)), np.nan)
    for row, reading in enumerate(readings):
        if reading is not None and reading.scores is not None:
            probabilities[row] = reading.scores.probabilities
    values = {e.display_name: probabilities[:, e] for e in Expression}
    values["negative"] = probabilities[:, VALENCE < 0].sum(axis=1)
    values["unreadable"] = np.isnan(probabilities[:, 0]).astype(np.float64)
    values["looking_away"] = _flags(None if r is None else r.looking_away for r in readings)
    values["eyes_closed"] = _flags(None if r is None else r.eyes_shut for r in readings)
    return values


def _flags(values: Iterable[bool | None]) -> NDArray[np.float64]:
    """Return 1 for True, 0 for False and NaN for unknown values."""
    return np.array([np.nan if value is None else float(value) for value in values])


def _certainty(rule: Rule, value: float, mood: RoomMood) -> float:
    """Return the probability that the measure of the room really is beyond the threshold, 0..1."""
    if rule.measure == "coverage":
        # The coverage is counted and has no error.
        return 1.0
    if rule.measure == "valence":
        error = _standard_error(mood.valence_interval)
    else:
        # Add half a person to each side, as a prior for shares of few people.
        share = (value * mood.readable + 0.5) / (mood.readable + 1) if mood.readable else 0.5
        error = math.sqrt(share * (1 - share) / max(mood.readable, 1))
    return normal(abs(value - rule.threshold) / error)


def _standard_error(interval: Interval | None) -> float:
    """Return the standard error that corresponds to a 95 % interval."""
    return (interval.high - interval.low) / (2 * 1.96) if interval is not None else math.inf
