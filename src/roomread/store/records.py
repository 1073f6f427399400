"""Conventions of the store: the local owner, the resolution of times, and names of sources."""

from __future__ import annotations

from roomread.errors import without_credentials

# The owner of all data of the command line, and of a service without sign-in.
LOCAL_OWNER = "local"
# The largest time that the columns hold, s.
LAST_TIME = (2**31 - 1) / 1000


def milliseconds(seconds: float) -> int:
    """Return a time in whole milliseconds, the resolution of stored times."""
    return round(1000 * seconds)


def storable(text: str) -> str:
    """Return a text that every database stores: without NUL, and with "?" for half a character.

    Slides, transcripts and names of files contain both. PostgreSQL refuses NUL, and no driver
    writes half of a surrogate pair.
    """
    return text.replace("\0", "").encode(errors="replace").decode()


def source_name(source: str) -> str:
    """Return the name under which a source is stored: a URL without credentials and query.

    The whole query is removed, because its parameters may be keys under any name.
    """
    return without_credentials(source).partition("?")[0] if "://" in source else source
