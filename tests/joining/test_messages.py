from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomread.joining import (
    FaceMessage,
    JoinMessage,
    LeaveMessage,
    MessageError,
    PauseMessage,
    Say,
    SayMessage,
    parse_message,
)
from roomread.readings import Expression, Unreadable

FACE = {"k": "r", "n": 17, "age": 48, "p": [0, 0, 0, 9996, 0, 1, 3]}


def parsed(**values: Any) -> Any:
    return parse_message(json.dumps(values))


def test_messages_of_the_protocol_are_parsed() -> None:
    join = {"k": "join", "code": "K7QX-M3PD", "consent": "2-en-taps", "faces": False}
    assert parsed(**join) == JoinMessage("K7QX-M3PD", "2-en-taps", faces=False, resume=None)
    assert parsed(k="pause", on=True) == PauseMessage(on=True)
    assert parsed(k="say", v="lost") == SayMessage(Say.LOST)
    assert parsed(k="say", v=None) == SayMessage(None)
    assert parsed(k="leave") == LeaveMessage()


def test_face_fields_other_than_the_probabilities_are_dropped_from_a_reading_message() -> None:
    message = parsed(**FACE, q=[140, 59, 28, 64, 98], pose=[30, 0, 0])
    assert isinstance(message, FaceMessage)
    assert (message.number, message.age, message.reason) == (17, 0.048, None)
    assert message.probabilities is not None
    assert Expression(int(message.probabilities.argmax())) is Expression.HAPPY
    assert message.probabilities.sum() == pytest.approx(1)


def test_message_of_an_unreadable_face_has_a_reason() -> None:
    dark = parsed(k="r", n=1, age=0, why="too dark")
    assert dark.probabilities is None
    assert dark.reason is Unreadable.TOO_DARK
    assert parsed(k="r", n=1, age=0, why="no face").reason is None


@pytest.mark.parametrize(
    "values",
    [
        {"k": "hello"},
        {"k": ["r"]},
        FACE | {"p": [0, 0, 0, 9000, 0, 1, 3]},
        FACE | {"p": [0, 0, 0, 10001, 0, 0, -1]},
        FACE | {"p": [0.5, 0, 0, 9996, 0, 1, 3]},
        FACE | {"p": [True, 0, 0, 9996, 0, 1, 2]},
        FACE | {"p": [10000]},
        FACE | {"why": "too dark"},
        FACE | {"n": -1},
        FACE | {"age": 99_999_999},
        {"k": "r", "n": 1, "age": 0, "why": "asleep"},
        {"k": "r", "n": 1, "age": 0},
        {"k": "say", "v": "hello"},
        {"k": "say", "v": ["lost"]},
        {"k": "pause", "on": 1},
        {"k": "join", "code": 5, "consent": "", "faces": True},
        {"k": "join", "code": "", "consent": "", "faces": True, "resume": 7},
    ],
    ids=str,
)
def test_message_that_violates_the_protocol_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(MessageError):
        parse_message(json.dumps(values))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=7)
            | st.dictionaries(st.sampled_from(["k", "p", "n", "age", "v"]), inner)
        ),
        max_leaves=10,
    ).map(json.dumps)
    | st.text(max_size=30)
    | st.sampled_from(["[" * 5000, '{"k":'])
)
def test_arbitrary_text_is_parsed_or_raises_a_message_error(text: str) -> None:
    with suppress(MessageError):
        parse_message(text)


@given(st.lists(st.floats(0, 1), min_size=7, max_size=7).filter(lambda p: sum(p) > 0))
def test_rounded_probabilities_are_accepted(shares: list[float]) -> None:
    exact = np.array(shares) / sum(shares)
    message = parsed(k="r", n=0, age=0, p=[round(10_000 * share) for share in exact])
    assert np.abs(message.probabilities - exact).max() < 0.001
