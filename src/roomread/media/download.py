"""Fetch pictures from web servers."""

from __future__ import annotations

import urllib.error
import urllib.request
from http.client import HTTPException
from urllib.parse import unquote, urlsplit, urlunsplit

from roomread.errors import MediaError, without_credentials

_TIMEOUT = 10.0
# Limit of the encoded size, bytes; the number of pixels is checked after the download.
_MAX_BYTES = 200_000_000


def download(url: str) -> bytes:
    """Return the content at an http or https URL, using the credentials in the URL.

    Raises:
        MediaError: the URL cannot be fetched, or its content exceeds 200 MB.
    """
    name = without_credentials(url)
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
    # Raised outside the handlers, because urllib's errors may quote the URL with its password.
    raise MediaError(f"{name}: {without_credentials(reason)}", hint="check the address")


def _opener(url: str) -> tuple[urllib.request.OpenerDirector, str]:
    """Return an opener that sends the credentials of a URL, and the URL without credentials."""
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
