"""Conventions of the store: the local owner, and the resolution of times."""

from __future__ import annotations

from urllib.parse import urlsplit

# The owner of all data of the command line, and of a service without sign-in.
LOCAL_OWNER = "local"


def milliseconds(seconds: float) -> int:
    """Return a time in whole milliseconds, the resolution of stored times."""
    return round(1000 * seconds)


def without_secrets(source: str) -> str:
    """Return a URL without its user, password and query, and any other text as it is."""
    if "://" not in source:
        return source
    parts = urlsplit(source)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"
