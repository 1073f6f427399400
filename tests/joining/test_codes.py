from __future__ import annotations

import pytest

from roomread.joining import format_code, new_code, parse_code
from roomread.joining.codes import ALPHABET, LENGTH


def test_room_code_alphabet_has_28_characters_without_look_alikes() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 28
    assert not set("01ILOSUZ") & set(ALPHABET)


def test_room_code_typed_with_spaces_or_in_lower_case_is_parsed() -> None:
    for _ in range(50):
        code = new_code()
        assert len(code) == LENGTH
        shown = format_code(code)
        assert (len(shown), shown[4]) == (9, "-")
        for typed in (shown, shown.lower(), f" {code[:2]} {code[2:]} ", code):
            assert parse_code(typed) == code


@pytest.mark.parametrize("text", ["", "K7QX", "K7QX-M3PD-A", "K7QX-M3P0", "K7QX-M3PÄ", "\0" * 8])
def test_parse_code_returns_none_for_text_that_cannot_be_a_room_code(text: str) -> None:
    assert parse_code(text) is None
