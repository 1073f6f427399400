"""Sign tokens with which a page resumes its seat, and receipts of consent."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any


class SeatTokens:
    """Signed tokens for the seats of one room, with which a page can resume only its own seat.

    Args:
        secret: The service's secret for signing seats.
        room_id: The id of the room.
    """

    def __init__(self, secret: str, room_id: str) -> None:
        self._secret, self._room_id = secret, room_id

    def token(self, seat: int) -> str:
        """Return the token with which a page can resume a seat."""
        return f"{seat}.{_sign(self._secret, f'{self._room_id} {seat}')[:32]}"

    def seat(self, token: str) -> int | None:
        """Return the seat that a token names; None if the token was not signed for this room."""
        number = token.partition(".")[0]
        # No room assigns a seat number of more than ten digits.
        if not number.isascii() or not number.isdecimal() or len(number) > 10:
            return None
        seat = int(number)
        return seat if hmac.compare_digest(self.token(seat).encode(), token.encode()) else None


def make_receipt(fields: Mapping[str, Any], secret: str) -> dict[str, Any]:
    """Return a receipt with its authentication code in the field "mac".

    Args:
        fields: The content of the receipt, as JSON values.
        secret: The service's secret for signing receipts.
    """
    return {**fields, "mac": _sign(secret, _canonical(fields))}


def check_receipt(receipt: Mapping[str, Any], secret: str) -> bool:
    """Return whether a receipt was signed with this secret and has not been changed since."""
    fields = {name: value for name, value in receipt.items() if name != "mac"}
    mac = receipt.get("mac")
    expected = _sign(secret, _canonical(fields))
    return isinstance(mac, str) and hmac.compare_digest(expected.encode(), mac.encode())


def _canonical(fields: Mapping[str, Any]) -> str:
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _sign(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
