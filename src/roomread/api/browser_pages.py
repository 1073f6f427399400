"""Serve pages that run scripts, in the visitor's language, and the assets that the pages load.

An asset is a file of the folder `assets`, or a message catalogue as JSON. The URLs of all assets
contain the same hash, that of all assets together, so that a browser may cache an asset forever and
a script can import other scripts by relative paths.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from roomread import pages
from roomread.api.problems import RefusedError
from roomread.locales import LANGUAGES, Translator, browser_catalogue, negotiate, translator

router = APIRouter(include_in_schema=False)
LANGUAGE_COOKIE = "roomread_lang"
_FOLDER = Path(__file__).parent / "assets"
_YEAR = 365 * 24 * 3600
# The operating system's media types are not used, because they can declare scripts as plain text.
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; "
        "connect-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "Permissions-Policy": "camera=(self), display-capture=(self), microphone=(), geolocation=()",
}
# Headers of a page that the web app may show in a frame, and other sites may not.
_FRAMED = {
    "Content-Security-Policy": _HEADERS["Content-Security-Policy"].replace(
        "frame-ancestors 'none'", "frame-ancestors 'self'"
    ),
    "X-Frame-Options": "SAMEORIGIN",
}


def browser_page(
    request: Request,
    template: str,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    framed: bool = False,
    **values: Any,
) -> HTMLResponse:
    """Return a page in the language of its visitor.

    Args:
        request: The request. Its query parameter `lang` determines the language, else its cookie,
            else its header `Accept-Language`.
        template: File name of a template in `pages`, which extends `browser.html.j2`. The template
            translates texts with `t` and `tn`, and gets the URL of an asset with `asset`.
        status: Status of the response.
        framed: Whether the web app may show the page in a frame.
        values: The values of the template's other variables.
    """
    words = translator_of(request)
    text = pages.render(
        "roomread.api",
        template,
        t=words.gettext,
        tn=words.ngettext,
        language=words.language,
        languages=LANGUAGES,
        catalogue=asset_url(f"locales/{words.language}.json"),
        asset=asset_url,
        in_language=lambda code: request.url.include_query_params(lang=code).query,
        **values,
    )
    response = HTMLResponse(text, status)
    response.headers.update(_HEADERS | _FRAMED if framed else _HEADERS)
    if "lang" in request.query_params:
        response.set_cookie(
            LANGUAGE_COOKIE,
            words.language,
            max_age=_YEAR,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
    return response


def translator_of(request: Request) -> Translator:
    """Return the translator for the language of a request."""
    chosen = (request.query_params.get("lang", ""), request.cookies.get(LANGUAGE_COOKIE, ""))
    return translator(negotiate(chosen, request.headers.get("accept-language", "")))


def asset_url(name: str) -> str:
    """Return the URL path of an asset; it changes whenever the content of any asset changes.

    Args:
        name: The asset's path in the folder `assets`, or `locales/<language>.json`.

    Raises:
        KeyError: There is no such asset.
    """
    if name not in _assets():
        raise KeyError(name)
    return f"/assets/{_digest()}/{name}"


@router.get("/assets/{digest}/{name:path}")
def asset(digest: str, name: str) -> Response:
    """Return an asset with headers that let a browser cache it."""
    content = _assets().get(name)
    if content is None or digest != _digest():
        raise RefusedError(
            HTTPStatus.NOT_FOUND,
            "not-found",
            "this version of the service has no such file",
            hint="reload the page",
        )
    # The Content-Security-Policy of a worker is that of its script's response, not of its page.
    response = Response(content, media_type=_MEDIA_TYPES[Path(name).suffix], headers=_HEADERS)
    response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
    return response


@cache
def _assets() -> dict[str, bytes]:
    """Return the content of each asset by its name."""
    files = sorted(path for path in _FOLDER.rglob("*") if path.suffix in _MEDIA_TYPES)
    found = {path.relative_to(_FOLDER).as_posix(): path.read_bytes() for path in files}
    for language in LANGUAGES:
        text = json.dumps(browser_catalogue(language), ensure_ascii=False, sort_keys=True)
        found[f"locales/{language}.json"] = text.encode()
    return found


@cache
def _digest() -> str:
    """Return the hash of all assets, which is a part of their URLs."""
    digest = hashlib.sha256()
    for name, content in sorted(_assets().items()):
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]
