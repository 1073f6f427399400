"""Define how the store represents the local owner, times, texts and the names of sources."""

from __future__ import annotations

from roomread.errors import without_credentials

# The owner of the data of the command line, and of a service that requires no sign-in.
LOCAL_OWNER = "local"
# The largest time that a column can store, s: 32-bit integers of milliseconds.
LAST_TIME = (2**31 - 1) / 1000


def milliseconds(seconds: float) -> int:
    """Return a time in whole milliseconds, the resolution of stored times."""
    return round(1000 * seconds)


def storable(text: str) -> str:
    """Remove NUL from a text, and replace lone surrogates with "?", so that databases can store it.

    Slides, transcripts and file names may contain both. PostgreSQL rejects NUL, and no driver can
    encode half of a surrogate pair.
    """
    return text.replace("\0", "").encode(errors="replace").decode()


def source_name(source: str) -> str:
    """Return the name under which a source is stored; URLs lose their credentials and query.

    The whole query is removed, because a parameter of any name may contain a secret.
    """
    return without_credentials(source).partition("?")[0] if "://" in source else source
