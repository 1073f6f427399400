"""Alerts: rules applied to a room's moods and to its people's readings, with hysteresis."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from roomread.readings import VALENCE, Expression, Reading, Scores
from roomread.room.clock import clock
from roomread.room.mood import Interval, RoomMood
from roomread.room.rules import Relation, Rule

# An alert ends when its measure has come back past the threshold by so much, as a share: at the
# threshold itself it would flicker.
_HYSTERESIS = 0.1
# The part of a rule's time that must have been observed.
_OBSERVED = 0.9
# A fall is between means of so long: a laugh that ends is no fall, s.
_MOMENT = 30.0
# The time before a rule's own from which a fall learns how much the room wavers, s, and of how
# many moments the interval's own error counts beside it.
_HISTORY, _PRIOR = 600.0, 10.0
# A pause in the source longer than this, s, and than so many frames, is not bridged.
_GAP, _GAP_FRAMES = 10.0, 2.5
# The part of a person's frames that must be read, for a rule about what they show.
_READ = 0.5
# A face seen for less than this in all is no person yet: detectors see faces in posters, s.
_PERSON = 30.0


@dataclass(frozen=True, slots=True)
class Alert:
    """A rule that held.

    Attributes:
        number: from 1, in the order they were raised.
        time: when it was raised, s.
        rule: as it is written.
        why: what was seen, in words.
        sure: how sure that is, 0..1: for the room, the probability that its people are beyond
            the threshold; for a person, what the net says of the expression, averaged, or the
            share of frames that could not be read.
        seat: the person's, or None for the room.
        ended: when it was over, s; None while it holds.
    """

    number: int
    time: float
    rule: str
    why: str
    sure: float
    seat: int | None = None
    ended: float | None = None


class _Window:
    """The mean of a measure over the last seconds, and how much of them was observed."""

    def __init__(self, seconds: float, gap: float) -> None:
        self._seconds, self._gap = seconds, gap
        self._rows: deque[tuple[float, float | None]] = deque()
        self._sum, self._known = 0.0, 0

    def add(self, time: float, value: float | None) -> None:
        if self._rows and time - self._rows[-1][0] > self._gap:
            self._rows.clear()
            self._sum, self._known = 0.0, 0
        self._rows.append((time, value))
        if value is not None:
            self._sum, self._known = self._sum + value, self._known + 1
        while time - self._rows[0][0] > self._seconds:
            _, old = self._rows.popleft()
            if old is not None:
                self._sum, self._known = self._sum - old, self._known - 1

    def mean(self) -> float | None:
        """None until the window is full, or where less than half of it is known."""
        span = self._rows[-1][0] - self._rows[0][0]
        if span < _OBSERVED * self._seconds or self._known < _READ * len(self._rows):
            return None
        return self._sum / self._known


class _MeasureHistory:
    """The course of a measure over the last seconds, each point a mean of its own last moments."""

    def __init__(self, seconds: float, gap: float) -> None:
        self._seconds, self._gap = seconds, gap
        self._length = min(_MOMENT, seconds / 4)
        self._moment = _Window(self._length, gap)
        self._points: deque[tuple[float, float]] = deque()
        # Those before the rule's seconds.
        self._before: deque[tuple[float, float]] = deque()

    def add(self, time: float, value: float | None) -> None:
        if self._points and time - self._points[-1][0] > self._gap:
            self._before.extend(self._points)
            self._points.clear()
        self._moment.add(time, value)
        mean = self._moment.mean()
        if mean is not None:
            self._points.append((time, mean))
        while self._points and time - self._points[0][0] > self._seconds:
            self._before.append(self._points.popleft())
        while self._before and time - self._before[0][0] > self._seconds + _HISTORY:
            self._before.popleft()

    def fall(self) -> tuple[float, float, float] | None:
        """The highest point, the last one, and the seconds between them."""
        if not self._points:
            return None
        time, now = self._points[-1]
        # Of equal ones the last: a fall is as steep as it was.
        then, high = max(reversed(self._points), key=lambda point: point[1])
        return high, now, time - then

    def sure(self, size: float, spread: float) -> float:
        """The probability that a room that does not change shows no fall of such a size, 0..1.

        Args:
            size: over 0.
            spread: the standard error of one point as far as is known without its past.
        """
        # The highest point is one of as many as fit beside one another: each is a chance.
        chances = self._seconds / self._length
        return math.pow(_normal(size / (math.sqrt(2) * self._wavering(spread))), chances)

    def _wavering(self, spread: float) -> float:
        """The standard deviation of the points of a room that does not change.

        That of the points before the rule's seconds: means of so long hold what follows one another
        in the moods (overlapping batch means, Meketon and Schmeiser 1984). While there are few, the
        spread counts for some more (the mean of a scaled inverse chi-square posterior).
        """
        points = [value for _, value in self._before]
        if len(points) < 2:
            return spread
        span = self._before[-1][0] - self._before[0][0]
        # Means that overlap: one and a half times the degrees of freedom of those that do not.
        freedom = max(1.5 * (span / self._length - 1), 0.0)
        mean = sum(points) / len(points)
        variance = sum((value - mean) ** 2 for value in points) / len(points)
        variance *= span / max(span - self._length, self._length)
        return math.sqrt((freedom * variance + _PRIOR * spread**2) / (freedom + _PRIOR))


class Attention:
    """Watches one source. It has no clock: times come with what it is given, and never run back.

    Args:
        rules: what to watch for.
        people: whether rules of a person are applied; only right with their consent.
        sure: how sure it must be that a fall is no chance, 0..1.
        every: seconds from one frame to the next, about.
        first_number: the number of the first alert; a session that is resumed counts on.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        *,
        people: bool = False,
        sure: float = 0.99,
        every: float = 0.5,
        first_number: int = 1,
    ) -> None:
        self._sure = sure
        self._gap = max(_GAP, _GAP_FRAMES * every)
        self._room = [rule for rule in rules if rule.subject == "room"]
        self._person = [rule for rule in rules if rule.subject == "person" and people]
        self._windows: dict[tuple[Rule, int | None], _Window] = {}
        self._held: dict[tuple[Rule, int | None], Alert] = {}
        self._courses: dict[Rule, _MeasureHistory] = {}
        self._seen: dict[int, float] = {}
        self._last = math.inf
        self._next_number = first_number

    @property
    def held(self) -> list[Alert]:
        """The alerts that hold now, oldest first."""
        return sorted(self._held.values(), key=lambda alert: alert.number)

    def update_room(self, mood: RoomMood) -> list[Alert]:
        """The alerts that the next mood raises, and those that it ends (`ended` is set)."""
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
        """The alerts that the readings of the next frame raise and end.

        A person once seen who is not in this frame counts as unreadable.

        Args:
            time: of the frame, s.
            readings: those with neither a seat nor a track are left out.
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

    def _window(self, rule: Rule, seat: int | None) -> _Window:
        if (rule, seat) not in self._windows:
            self._windows[rule, seat] = _Window(rule.seconds, self._gap)
        return self._windows[rule, seat]

    def _judge(
        self, rule: Rule, seat: int | None, time: float, value: float | None, mood: RoomMood | None
    ) -> list[Alert]:
        """Raises, keeps or ends the alert of a rule whose measure is averaged."""
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
        sure = _sure(rule, value, mood) if mood is not None else value
        why = f"{_name(seat)}: {rule.measure} {value:.0%} on average over {_time(rule.seconds)}"
        return self._raise(rule, seat, time, why, sure)

    def _judge_fall(self, rule: Rule, mood: RoomMood) -> list[Alert]:
        series = self._courses.setdefault(rule, _MeasureHistory(rule.seconds, self._gap))
        series.add(mood.time, mood.valence)
        found = series.fall()
        if found is None or mood.valence is None:
            return []
        high, now, seconds = found
        fall = high - now
        if (rule, None) in self._held:
            return self._end(rule, None, mood.time) if fall < rule.threshold / 2 else []
        if fall <= 0 or fall < rule.threshold:
            return []
        sure = series.sure(fall, _spread(mood.valence_interval))
        if sure < self._sure:
            return []
        why = f"room: valence fell from {high:+.2f} to {now:+.2f} in {_time(round(seconds))}"
        return self._raise(rule, None, mood.time, why, sure)

    def _raise(
        self, rule: Rule, seat: int | None, time: float, why: str, sure: float
    ) -> list[Alert]:
        alert = Alert(self._next_number, time, str(rule), why, min(max(sure, 0.0), 1.0), seat)
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
    return _shown(measure, scores) if scores is not None else None


def _shown(measure: str, scores: Scores) -> float:
    if measure == "negative":
        return float(scores.probabilities[VALENCE < 0].sum())
    return scores[Expression[measure.upper()]]


def _sure(rule: Rule, value: float, mood: RoomMood) -> float:
    """The probability that the room is beyond the threshold: faces counted are certain."""
    if rule.measure == "coverage":
        return 1.0
    if rule.measure == "valence":
        spread = _spread(mood.valence_interval)
    else:
        # Half a person more each way, as no share of few people is certain.
        share = (value * mood.readable + 0.5) / (mood.readable + 1) if mood.readable else 0.5
        spread = math.sqrt(share * (1 - share) / max(mood.readable, 1))
    return _normal(abs(value - rule.threshold) / spread)


def _spread(interval: Interval | None) -> float:
    """The standard error that a 95 % interval stands for."""
    return (interval.high - interval.low) / (2 * 1.96) if interval is not None else math.inf


def _normal(z: float) -> float:
    """The normal distribution function."""
    return 0.5 * (1 + math.erf(z / math.sqrt(2)))
