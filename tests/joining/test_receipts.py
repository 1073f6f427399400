from __future__ import annotations

import json

import pytest

from roomread.joining import SeatTokens, check_receipt, make_receipt


def test_seat_token_is_valid_only_for_its_own_room_and_secret() -> None:
    tokens = SeatTokens("secret", "0a1b2c3d")
    assert tokens.seat(tokens.token(17)) == 17
    assert SeatTokens("secret", "ffffffff").seat(tokens.token(17)) is None
    assert SeatTokens("other", "0a1b2c3d").seat(tokens.token(17)) is None


@pytest.mark.parametrize("token", ["", "17", "17.", "x.y", "-1.00", "1" * 5000, "17.é", "²."])
def test_seat_token_without_a_valid_signature_is_refused(token: str) -> None:
    assert SeatTokens("secret", "0a1b2c3d").seat(token) is None


def test_consent_receipt_that_was_changed_is_not_valid() -> None:
    receipt = json.loads(json.dumps(make_receipt({"room": "Algebra", "text": ["é"]}, "secret")))
    assert check_receipt(receipt, "secret")
    assert not check_receipt(receipt, "other")
    assert not check_receipt(receipt | {"room": "Art"}, "secret")
    assert not check_receipt(receipt | {"more": 1}, "secret")
    assert not check_receipt({"room": "Algebra"}, "secret")
    assert not check_receipt(receipt | {"mac": 7}, "secret")
