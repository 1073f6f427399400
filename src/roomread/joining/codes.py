"""The codes with which students join a room."""

from __future__ import annotations

import secrets

# 28 characters that are not mistaken for one another when they are read aloud or copied by hand:
# without 0, 1, I, L, O, S, U and Z.
ALPHABET = "23456789ABCDEFGHJKMNPQRTVWXY"
# 28 to the power of 8 is 4e11, and attempts with a wrong code are limited, so guessing is hopeless.
LENGTH = 8
_HALF = LENGTH // 2


def new_code() -> str:
    """Return a random code of eight characters in its stored form, without a hyphen."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def format_code(code: str) -> str:
    """Return a code as it is shown, such as "K7QX-M3PD"."""
    return f"{code[:_HALF]}-{code[_HALF:]}"


def parse_code(text: str) -> str | None:
    """Return the stored form of a typed code; None if the text cannot be a code.

    Args:
        text: Text in upper or lower case, with spaces and hyphens anywhere.
    """
    code = "".join(text.upper().split()).replace("-", "")
    is_code = len(code) == LENGTH and all(character in ALPHABET for character in code)
    return code if is_code else None
