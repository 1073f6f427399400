"""Recognise URLs, resolve file URLs, and fetch pictures from web servers."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from roomread.errors import MediaError, without_credentials
from roomread.media.files import exists

# The scheme has at least two letters; a single one is a drive letter of Windows.
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_FILE = re.compile(r"file:(?://(?:localhost)?(?=/)|(?=/(?!/)))", re.IGNORECASE)
_WEB = ("http://", "https://")


def is_address(text: str) -> bool:
    """Return whether text is a URL, such as rtsp://..., rather than the name of a file."""
    return _SCHEME.match(text) is not None


def is_web_address(text: str) -> bool:
    """Return whether text is an http or https URL."""
    return text.lower().startswith(_WEB)


def local_path(text: str) -> Path | None:
    """Return the path in a file URL; None if the text is not a file URL, or is an existing path.

    Raises:
        MediaError: the text is a file URL of another machine.
    """
    scheme = text[:5].lower()
    if scheme != "file:" or exists(text):
        return None
    match = _FILE.match(text)
    if match is None:
        if text[5:7] != "//":
            return None
        raise MediaError(f"{text}: names a file on another machine", hint="use file:///path")
    path = text[match.end() :]
    # Use the name undecoded if it contains a % that is not a percent-encoding.
    decoded = unquote(path, errors="surrogateescape")
    return Path(path) if exists(path) and not exists(decoded) else Path(decoded)


def fetch(url: str) -> bytes:
    """Return the content at an http or https URL, using the credentials in the URL.

    Raises:
        MediaError: the URL has another scheme, cannot be fetched, or its content exceeds 200 MB.
    """
    if not is_web_address(url):
        name = without_credentials(url)
        raise MediaError(f"{name}: is not the address of a picture", hint="use http:// or https://")
    # Imported here because Python's HTTP and TLS would take a fifth of the time of `import
    # roomread`.
    from roomread.media.download import download  # noqa: PLC0415

    return download(url)
