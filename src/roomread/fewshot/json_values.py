"""Check the values of a profile's file, which may come from an untrusted source."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Lone surrogates, which JSON can contain but UTF-8 files and databases cannot.
_SURROGATES = re.compile(r"[\ud800-\udfff]")


def to_text(value: Any) -> str:
    """Check that a value is a string of at most 1000 characters, and return it.

    Raises:
        ValueError: The value is not a string, is too long, or contains a lone surrogate.
    """
    if not isinstance(value, str) or len(value) > 1000:
        raise ValueError(f"{str(value)[:40]!r} is not a string of up to 1000 characters")
    if _SURROGATES.search(value):
        raise ValueError(f"{value[:40]!r} has a character that is not valid Unicode")
    return value


def to_vector(values: Any, *, size: int | None = None) -> NDArray[np.float32]:
    """Convert a list of finite numbers to a vector, float32 [n].

    Args:
        values: The value to convert.
        size: The required length; None to accept any length above 0.

    Raises:
        ValueError: The value is not such a list, or a number is not finite or beyond ±1e6.
    """
    if not isinstance(values, list) or not values or (size is not None and len(values) != size):
        raise ValueError("a vector has the wrong length")
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e6:
            raise ValueError(f"{str(value)[:40]!r} is not a number between -1e6 and 1e6")
    # NaN is not caught by the comparisons above.
    if not all(map(math.isfinite, values)):
        raise ValueError("a vector contains a value that is not finite")
    return np.array(values, dtype=np.float32)
