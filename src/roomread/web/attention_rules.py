"""Draw the rules that raise alerts (rules of attention) as sentences with sliders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from roomread.room import DEFAULT_RULES, Rule, clock, parse_rules
from roomread.room.rules import Relation
from roomread.web.texts import t

# Steps of the sliders: percent, and seconds.
_PERCENT = 5
_SECONDS = (10, 20, 30, 45, 60, 90, 120, 180, 240, 300, 600, 900, 1800, 3600)
_Kind = tuple[str, str, Relation]
# The rules that have sliders: the default rules, and some rules that are off in a new installation.
_OFFERED = f"""{DEFAULT_RULES}
room looking_away above 30% for 20 s
person looking_away above 90% for 20 s
"""


def ask_rules(text: str) -> str:
    """Draw each common rule as a sentence with a switch and two sliders; return the chosen rules.

    Rules of other kinds are edited as lines of text below the sentences.

    Args:
        text: the present rules, one per line.

    Returns:
        The chosen rules, one per line.
    """
    present = {_kind(rule): rule for rule in parse_rules(text)}
    offered = {_kind(rule): rule for rule in parse_rules(_OFFERED)}
    lines = []
    for number, (kind, default) in enumerate(offered.items()):
        rule = _ask_rule(present.get(kind, default), number, on=kind in present)
        if rule is not None:
            lines.append(str(rule))
    others = [str(rule) for rule in parse_rules(text) if _is_other(rule, present, offered)]
    further = st.text_area(
        t("Further rules, one per line"),
        "\n".join(others),
        placeholder="room happy below 10% for 5 min",
        key="further_rules",
    )
    return "\n".join([*lines, further.strip()]).strip()


def _kind(rule: Rule) -> _Kind:
    return rule.subject, rule.measure, rule.relation


def _is_other(rule: Rule, present: dict[_Kind, Rule], offered: dict[_Kind, Rule]) -> bool:
    """Return whether a rule is edited as text, because no sliders are free for it.

    There are sliders for common kinds of rules, and they show one rule of each kind.
    """
    return _kind(rule) not in offered or present[_kind(rule)] != rule


def _ask_rule(rule: Rule, number: int, *, on: bool) -> Rule | None:
    """Draw one rule, and return it with the chosen values; None if it is switched off."""
    limits = t("It is known where a head points, not where its eyes look or why.")
    about_heads = rule.measure == "looking_away"
    wanted = st.toggle(
        sentence(rule), value=on, key=f"rule{number}", help=limits if about_heads else None
    )
    left, right = st.columns(2)
    percent = left.slider(
        t("Threshold"), 0, 100, rule.percent, _PERCENT, format="%d %%", key=f"percent{number}"
    )
    times: Sequence[int] = sorted({*_SECONDS, rule.seconds})
    seconds = right.select_slider(
        t("Time"), times, rule.seconds, format_func=clock, key=f"seconds{number}"
    )
    return replace(rule, percent=percent, seconds=seconds) if wanted else None


def sentence(rule: Rule) -> str:
    """Describe a rule that has sliders in a sentence; return any other rule as its text."""
    known = {
        ("room", "valence"): t("The valence of the room falls within a time"),
        ("room", "negative"): t("Unpleasant expressions in the room stay above a threshold"),
        ("room", "coverage"): t("The share of readable faces stays below a threshold"),
        ("room", "looking_away"): t("The share of people who look away stays above a threshold"),
        ("person", "negative"): t("One person's unpleasant expressions stay above a threshold"),
        ("person", "unreadable"): t("One person cannot be read for too much of the time"),
        ("person", "looking_away"): t("One person looks away for too much of the time"),
    }
    return known.get((rule.subject, rule.measure), str(rule))
