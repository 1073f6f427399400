"""A terminal in memory."""

from __future__ import annotations

import io


class Terminal(io.StringIO):
    """Text in memory that says that it is a terminal; COLUMNS is its width."""

    def isatty(self) -> bool:
        """Return True."""
        return True
