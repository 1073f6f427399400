from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from roomread.errors import WireError
from roomread.wire.nodes import (
    Array,
    Choice,
    Constant,
    Dictionary,
    Flag,
    Integer,
    Node,
    Number,
    Record,
    Text,
    nullable_schema,
)

NODES: dict[str, tuple[Node, list[Any], list[Any]]] = {
    "number": (Number("", 0, 1), [0, 1, 0.5], [-0.1, 1.1, "0", True, None, [], 10**400]),
    "integer": (Integer("", 1, 9), [1, 9, 3.0], [0, 10, 1.5, "1", False, {}]),
    "constant": (Constant(1), [1], [2, "1", None]),
    "text": (Text("", 1, 3), ["a", "äöü"], ["", "abcd", 1, None]),
    "choice": (Choice(("a", "b")), ["a", "b"], ["c", "", 1, None]),
    "flag": (Flag(), [True, False], [0, 1, "true", None]),
    "array": (Array(Flag(), longest=2), [[], [True, False]], [[1], [True] * 3, {}, "", None]),
    "dictionary": (
        Dictionary(Number("", 0, 1), longest=2),
        [{}, {"a": 1}],
        [{"a": 2}, {"": 1}, {"a": 0, "b": 0, "c": 0}, [], None],
    ),
    "record": (
        Record("Thing", {"a": Flag(), "b": Flag(nullable=True)}, required=("a",)),
        [{"a": True}, {"a": True, "b": None}, {"a": True, "b": False}],
        [{}, {"a": None}, {"a": 1}, {"a": True, "c": 1}, [], None],
    ),
}


@pytest.mark.parametrize("name", NODES)
def test_valid_value_is_accepted_by_check_and_by_json_schema(name: str) -> None:
    node, fitting, _ = NODES[name]
    validator = jsonschema_rs.Draft202012Validator(node.schema())
    for value in fitting:
        node.check(value, "$")
        assert validator.is_valid(value), value


@pytest.mark.parametrize("name", NODES)
def test_invalid_value_is_refused_by_check_and_by_json_schema(name: str) -> None:
    node, _, wrong = NODES[name]
    validator = jsonschema_rs.Draft202012Validator(node.schema())
    for value in wrong:
        with pytest.raises(WireError, match=r"^\$"):
            node.check(value, "$")
        assert not validator.is_valid(value), value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_number_that_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises(WireError, match="must be from 0 to 1"):
        Number("", 0, 1).check(value, "$")


def test_lone_surrogate_is_refused_in_text_and_in_names() -> None:
    for node, value in ((Text(), "\ud800"), (Dictionary(Flag()), {"\udfff": True})):
        with pytest.raises(WireError, match="not valid Unicode"):
            node.check(value, "$")


def test_path_with_a_long_unknown_name_is_shortened_and_encodable() -> None:
    with pytest.raises(WireError) as caught:
        Record("Thing", {}).check({"\ud800" * 500: 1}, "$")
    assert len(caught.value.path) < 60
    caught.value.path.encode("utf-8")


def test_rules_of_a_record_are_checked_after_its_fields() -> None:
    def refuse(value: dict[str, Any], path: str) -> None:
        raise WireError(path, f"is {value['a']}")

    record = Record("Thing", {"a": Flag()}, required=("a",), rules=(refuse,))
    with pytest.raises(WireError, match=r"^\$: is True"):
        record.check({"a": True}, "$")
    with pytest.raises(WireError, match=r"^\$\.a: must be true or false"):
        record.check({"a": 1}, "$")


def test_schema_of_a_nullable_value_allows_null_and_describes_it() -> None:
    schema = nullable_schema(Flag("Whether", nullable=True))
    assert schema == {"anyOf": [{"type": "boolean"}, {"type": "null"}], "description": "Whether"}
