"""Check the values of a profile's file, which may come from an untrusted source."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Halves of characters, which JSON can hold and neither a file nor a database.
_SURROGATES = re.compile(r"[\ud800-\udfff]")


def to_text(value: Any) -> str:
    """Check that a value is a text of up to 1000 characters, and return it.

    Raises:
        ValueError: The value is something else.
    """
    if not isinstance(value, str) or len(value) > 1000:
        raise ValueError(f"{str(value)[:40]!r} is not a string of up to 1000 characters")
    if _SURROGATES.search(value):
        raise ValueError(f"{value[:40]!r} has a character that is not valid Unicode")
    return value


def to_vector(values: Any, *, size: int | None = None) -> NDArray[np.float32]:
    """Convert a list of finite numbers to float32 [size]; any length is accepted if it is None.

    Raises:
        ValueError: The value is something else.
    """
    if not isinstance(values, list) or not values or (size is not None and len(values) != size):
        raise ValueError("a vector has the wrong length")
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e6:
            raise ValueError(f"{str(value)[:40]!r} is not a number between -1e6 and 1e6")
    # NaN is not caught by the comparisons above.
    if not all(map(math.isfinite, values)):
        raise ValueError("a vector holds a value that is not finite")
    return np.array(values, dtype=np.float32)
