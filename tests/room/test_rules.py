from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from roomread.errors import RulesError
from roomread.room import DEFAULT_RULES, Rule, parse_rules
from roomread.room.rules import MAX_RULES, MEASURES, Relation


def test_default_rules_are_parsed() -> None:
    rules = parse_rules(DEFAULT_RULES)
    assert [str(rule) for rule in rules] == DEFAULT_RULES.splitlines()[1:]
    assert rules[0] == Rule("room", "valence", Relation.FELL, 20, 180)


def test_letter_case_spaces_and_comments_in_rules_are_ignored() -> None:
    text = "\n  Room  VALENCE below -20 % for 90s   # gloomy\n\n# nothing\n"
    (rule,) = parse_rules(text)
    assert str(rule) == "room valence below -20% for 90 s"
    assert rule.threshold == pytest.approx(-0.2)


averaged = st.sampled_from(
    [(subject, measure) for subject, measures in MEASURES.items() for measure in measures]
).flatmap(
    lambda what: st.builds(
        Rule,
        st.just(what[0]),
        st.just(what[1]),
        st.sampled_from([Relation.ABOVE, Relation.BELOW]),
        st.integers(-100 if what[1] == "valence" else 0, 100),
        st.integers(1, 3600),
    )
)
falls = st.builds(
    Rule,
    st.just("room"),
    st.just("valence"),
    st.just(Relation.FELL),
    st.integers(0, 100),
    st.integers(1, 3600),
)


@given(st.lists(averaged | falls, max_size=5))
def test_printed_rule_is_parsed_as_the_same_rule(rules: list[Rule]) -> None:
    assert parse_rules("\n".join(map(str, rules))) == list(dict.fromkeys(rules))


@settings(max_examples=60)
@given(st.text(max_size=80))
@example("room valence above 50% for 99999999999999 min")
def test_any_text_is_parsed_to_rules_or_raises_rules_error(text: str) -> None:
    try:
        rules = parse_rules(text)
    except RulesError as error:
        said = str(error)
    else:
        said = ""
        assert parse_rules("\n".join(map(str, rules))) == rules
    assert not said or said.startswith("line ")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("somebody is sad", "is not a rule"),
        ("person valence above 50% for 1 min", "a person has no measure 'valence'"),
        ("room coverage above 120% for 1 min", "not between 0% and 100%"),
        ("room coverage above -1% for 1 min", "not between 0% and 100%"),
        ("room valence fell by 20% for 1 min", "'fell by' needs 'in'"),
        ("room coverage fell by 20% in 1 min", "only with 'room valence'"),
        ("room sad above 20% for 61 min", "the time must be between 1 s and 60 min"),
        ("room sad above 20% for 0 s", "the time must be between 1 s and 60 min"),
    ],
)
def test_error_for_invalid_rules_names_the_line_and_the_reason(line: str, said: str) -> None:
    with pytest.raises(RulesError, match=said) as error:
        parse_rules(f"# my rules\n{line}")
    assert "line 2" in str(error.value)


def test_more_than_the_maximum_number_of_rules_are_refused() -> None:
    lines = [f"room negative above {n}% for 30 s" for n in range(MAX_RULES + 1)]
    assert len(parse_rules("\n".join(lines[:-1] * 2))) == MAX_RULES
    with pytest.raises(RulesError, match=f"line {MAX_RULES + 1}: .* more than {MAX_RULES}"):
        parse_rules("\n".join(lines))
