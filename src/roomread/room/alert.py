"""Define alerts, and describe them in words."""

from __future__ import annotations

from dataclasses import dataclass

from roomread.room.clock import clock


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert, raised because the condition of a rule was fulfilled.

    Attributes:
        number: The number of the alert in its session, from 1, in order of time.
        time: When the alert was raised, seconds.
        rule: The rule as it is written.
        value: The value that raised the alert: the average of the rule's measure or, if the rule is
            about a fall, the valence after the fall. A valence is -1..1; any other measure is 0..1.
            If the session stores no readings of people, all values except the coverage are rounded.
        certainty: The certainty of the alert, 0..1. For the room it is the probability that the
            measure really is beyond the threshold, or that the fall is not due to chance. For a
            person it is the average itself: the mean probability of the expression, or the share of
            frames in which the person was unreadable, looked away or had closed eyes.
        seconds: The time over which the value is averaged, or within which the valence fell.
        before: The valence before a fall, rounded like `value`; None if the alert is
            about an average.
        seat: The number of the person's seat; None for an alert about the room.
        ended: When the alert ended, seconds; None while it is active.
    """

    number: int
    time: float
    rule: str
    value: float
    certainty: float
    seconds: int
    before: float | None = None
    seat: int | None = None
    ended: float | None = None

    @property
    def measure(self) -> str:
        """The measure of the rule, such as "valence"; see `roomread.room.rules.MEASURES`."""
        _subject, measure, *_ = self.rule.split()
        return measure

    @property
    def reason(self) -> str:
        """A sentence with the values that raised the alert, in English."""
        name = "room" if self.seat is None else f"seat {self.seat}"
        measure = self.measure.replace("_", " ")
        time = f"{self.seconds} s" if self.seconds < 120 else f"{clock(self.seconds)} min"
        if self.before is None:
            return f"{name}: {measure} {self.value:.0%} on average over {time}"
        return f"{name}: {measure} fell from {self.before:+.2f} to {self.value:+.2f} in {time}"
