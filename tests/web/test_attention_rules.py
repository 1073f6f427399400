from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from fake_page import FakePage
from roomread.room import DEFAULT_RULES, parse_rules
from roomread.web import attention_rules
from roomread.web.attention_rules import _OFFERED, ask_rules, sentence

FALL = "The valence of the room falls within a time"


def asked(monkeypatch: pytest.MonkeyPatch, text: str, answers: dict[str, object]) -> str:
    monkeypatch.setattr(attention_rules, "st", FakePage(answers))
    return ask_rules(text)


@pytest.mark.parametrize(
    "text",
    [
        DEFAULT_RULES,
        "room happy below 10% for 5 min",
        "room negative above 12% for 47 s\nroom negative above 60% for 2 min",
    ],
    ids=["standard", "another measure", "one measure twice"],
)
def test_unchanged_form_returns_the_same_rules(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    returned = parse_rules(asked(monkeypatch, text, {}))
    assert sorted(map(str, returned)) == sorted(map(str, parse_rules(text)))


def test_rule_that_is_switched_off_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = parse_rules(asked(monkeypatch, DEFAULT_RULES, {FALL: False}))
    assert len(rules) == len(parse_rules(DEFAULT_RULES)) - 1
    assert not any(rule.measure == "valence" for rule in rules)


def test_rule_that_is_switched_on_has_its_standard_threshold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert asked(monkeypatch, "", {FALL: True}) == "room valence fell by 20% in 3 min"
    assert asked(monkeypatch, "", {}) == ""


def test_rules_entered_as_text_follow_the_rules_with_sliders(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    further = {"Further rules, one per line": " person sad above 50% for 1 min\n", FALL: True}
    lines = asked(monkeypatch, "", further).splitlines()
    assert lines == ["room valence fell by 20% in 3 min", "person sad above 50% for 1 min"]


def test_looking_away_rules_are_offered_but_off_by_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    away = "The share of people who look away stays above a threshold"
    assert "looking_away" not in asked(monkeypatch, DEFAULT_RULES, {})
    assert asked(monkeypatch, "", {away: True}) == "room looking_away above 30% for 20 s"
    one: dict[str, object] = {"One person looks away for too much of the time": True}
    assert asked(monkeypatch, "", one) == "person looking_away above 90% for 20 s"


def test_every_offered_rule_has_its_own_sentence() -> None:
    rules = parse_rules(_OFFERED)
    assert len({sentence(rule) for rule in rules}) == len(rules)
    assert not {sentence(rule) for rule in rules} & {str(rule) for rule in rules}
