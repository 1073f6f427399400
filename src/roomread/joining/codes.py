"""The codes by which students join a room."""

from __future__ import annotations

import secrets

# 28 characters that are not mistaken for one another when they are read aloud or copied by hand:
# without 0, 1, I, L, O, S, U and Z.
ALPHABET = "23456789ABCDEFGHJKMNPQRTVWXY"
# 28 to the power of 8 is 4e11, so that guessing is hopeless within the limits of wrong codes.
LENGTH = 8
_HALF = LENGTH // 2


def new_code() -> str:
    """Return a random code, as it is stored: eight characters without a hyphen."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def format_code(code: str) -> str:
    """Return a code as it is shown, such as "K7QX-M3PD"."""
    return f"{code[:_HALF]}-{code[_HALF:]}"


def parse_code(text: str) -> str | None:
    """Return the code that a person typed, as it is stored; None if it cannot be one.

    Args:
        text: In capitals or not, with spaces and hyphens anywhere.
    """
    code = "".join(text.upper().split()).replace("-", "")
    is_code = len(code) == LENGTH and all(character in ALPHABET for character in code)
    return code if is_code else None
