"""Recognise addresses, resolve file URLs, and fetch pictures from web servers."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from roomread.errors import MediaError, without_credentials
from roomread.media.files import exists

# Two letters at least: one is a drive of Windows.
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_FILE = re.compile(r"file:(?://(?:localhost)?(?=/)|(?=/(?!/)))", re.IGNORECASE)
_WEB = ("http://", "https://")
_TIMEOUT = 10.0
# Encoded, as the limit of pixels is checked when all of it is here.
_MAX_BYTES = 200_000_000


def is_address(text: str) -> bool:
    """Return whether text is a URL, such as rtsp://..., rather than the name of a file."""
    return _SCHEME.match(text) is not None


def is_web_address(text: str) -> bool:
    """Return whether text is an http or https URL."""
    return text.lower().startswith(_WEB)


def local_path(text: str) -> Path | None:
    """Return the file that a file URL names; None for other text, and for a file of that name.

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
        raise MediaError(f"{text}: names a file of another machine", hint="use file:///path")
    path = text[match.end() :]
    # Names with a bare % are not encoded, whatever the standard says.
    decoded = unquote(path, errors="surrogateescape")
    return Path(path) if exists(path) and not exists(decoded) else Path(decoded)


def fetch(url: str) -> bytes:
    """Return the content of an http or https address; credentials in it are used.

    Raises:
        MediaError: the address is of another kind, cannot be fetched, or is over 200 MB.
    """
    name = without_credentials(url)
    if not is_web_address(url):
        raise MediaError(f"{name}: is not the address of a picture", hint="use http:// or https://")
    try:
        opener, address = _opener(url)
        with opener.open(address, timeout=_TIMEOUT) as answer:
            content: bytes = answer.read(_MAX_BYTES + 1)
    except urllib.error.HTTPError as error:
        reason = f"{error.code} {error.reason}"
        error.close()
    except urllib.error.URLError as error:
        reason = str(getattr(error.reason, "strerror", None) or error.reason)
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    else:
        if len(content) > _MAX_BYTES:
            raise MediaError(f"{name}: is over {_MAX_BYTES // 1_000_000} MB", hint="scale it down")
        return content
    # Outside the handlers: what urllib raises may quote the address with its password.
    raise MediaError(f"{name}: {without_credentials(reason)}", hint="check the address")


def _opener(url: str) -> tuple[urllib.request.OpenerDirector, str]:
    """Return what opens an address, and the address without its credentials."""
    parts = urlsplit(url)
    _, at, host = parts.netloc.rpartition("@")
    address = urlunsplit(parts._replace(netloc=host))
    if not at:
        return urllib.request.build_opener(), address
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    passwords.add_password(None, address, user, password)
    return (
        urllib.request.build_opener(
            urllib.request.HTTPBasicAuthHandler(passwords),
            urllib.request.HTTPDigestAuthHandler(passwords),
        ),
        address,
    )
