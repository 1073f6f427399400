"""Parse the rules that raise alerts, one per line.

Examples:
person negative above 50% for 30 s
person unreadable above 90% for 2 min
room valence fell by 20% in 3 min
room coverage below 50% for 1 min
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from roomread.errors import RulesError
from roomread.readings import Expression

_EXPRESSIONS = tuple(e.display_name for e in Expression)
MEASURES = {
    "room": ("valence", "negative", "coverage", "looking_away", *_EXPRESSIONS),
    "person": ("negative", "unreadable", "looking_away", "eyes_closed", *_EXPRESSIONS),
}
# Maximum time of a rule, s: longer than a lesson, but short enough for its values to fit memory.
_LONGEST = 3600
# Maximum number of rules, more than a teacher can act on; each rule takes time at every frame.
MAX_RULES = 20
_RULE = re.compile(
    r"(?P<subject>room|person) +(?P<measure>[a-z_]+) +(?P<relation>above|below|fell +by)"
    r" +(?P<threshold>-?\d{1,3}) ?% +(?P<word>for|in) +(?P<time>\d{1,4}) ?(?P<unit>s|min)"
)
_FORM = "room|person MEASURE above|below N% for N s|min, or: room valence fell by N% in N min"


class Relation(StrEnum):
    """How a rule compares its measure with its threshold."""

    ABOVE = "above"
    BELOW = "below"
    FELL = "fell by"


@dataclass(frozen=True, slots=True)
class Rule:
    """The condition of an alert.

    Attributes:
        subject: "room" or "person".
        measure: One of `MEASURES[subject]`.
        relation: Whether the measure must be above the threshold, be below it, or fall by it.
        percent: The threshold in percent; for valence, whose range is -100 % to 100 %, in
            percentage points.
        seconds: The time over which the measure is averaged, or within which it fell.
    """

    subject: str
    measure: str
    relation: Relation
    percent: int
    seconds: int

    @property
    def threshold(self) -> float:
        """The threshold as a share or a valence, -1..1."""
        return self.percent / 100

    @property
    def lowest(self) -> float:
        """The lowest possible value of the measure, -1 or 0."""
        return -1.0 if self.measure == "valence" else 0.0

    @property
    def longest_step(self) -> float:
        """The longest interval between frames at which the rule can be evaluated, seconds."""
        return self.seconds / 10

    def __str__(self) -> str:
        word = "in" if self.relation is Relation.FELL else "for"
        whole = self.seconds % 60 == 0
        time = f"{self.seconds // 60} min" if whole else f"{self.seconds} s"
        return f"{self.subject} {self.measure} {self.relation} {self.percent}% {word} {time}"


def parse_rules(text: str) -> list[Rule]:
    """Parse rules, one per line; empty lines and comments after # are ignored.

    Raises:
        RulesError: A line is not a rule, or there are more than `MAX_RULES` different rules. The
            message states the number of the line and the problem.
    """
    lines = enumerate((line.partition("#")[0].strip() for line in text.splitlines()), start=1)
    # A rule that is written twice is one rule.
    rules: dict[Rule, None] = {}
    for number, line in lines:
        if not line:
            continue
        rules[_parse(line, number)] = None
        if len(rules) > MAX_RULES:
            raise RulesError(
                f"line {number}: there are more than {MAX_RULES} rules", hint="leave some out"
            )
    return list(rules)


def _parse(line: str, number: int) -> Rule:
    match = _RULE.fullmatch(line.lower())
    if match is None:
        raise RulesError(f"line {number}: '{line}' is not a rule", hint=f"write {_FORM}")
    subject, measure = match["subject"], match["measure"]
    if measure not in MEASURES[subject]:
        known = ", ".join(MEASURES[subject])
        problem = f"line {number}: a {subject} has no measure '{measure}'"
        raise RulesError(problem, hint=f"use one of {known}")
    relation = Relation(" ".join(match["relation"].split()))
    seconds = int(match["time"]) * (60 if match["unit"] == "min" else 1)
    if (relation is Relation.FELL) != (match["word"] == "in"):
        raise RulesError(
            f"line {number}: 'fell by' needs 'in' and a time, 'above' and 'below' need 'for'",
            hint=f"write {_FORM}",
        )
    if relation is Relation.FELL and (subject, measure) != ("room", "valence"):
        raise RulesError(
            f"line {number}: 'fell by' can be used only with 'room valence'", hint="use 'below'"
        )
    percent = int(match["threshold"])
    lowest = -100 if measure == "valence" and relation is not Relation.FELL else 0
    if not lowest <= percent <= 100:
        raise RulesError(f"line {number}: {percent}% is not between {lowest}% and 100%")
    if not 1 <= seconds <= _LONGEST:
        raise RulesError(f"line {number}: the time must be between 1 s and {_LONGEST // 60} min")
    return Rule(subject, measure, relation, percent, seconds)


DEFAULT_RULES = """\
# One rule on a line. Rules about a person apply in sessions that keep people, with consent.
room valence fell by 20% in 3 min
room negative above 40% for 1 min
room coverage below 50% for 2 min
person negative above 50% for 30 s
person unreadable above 90% for 2 min
"""
