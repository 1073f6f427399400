"""Serve the downloads of the student page: ONNX Runtime for browsers, and the nets it runs.

The build hook `hatch_assets.py` compresses the runtime with Brotli and puts it into the package; it
is decompressed only for clients that do not accept Brotli. The nets are compressed on the first
request, because compressed copies would make the package larger.
"""

from __future__ import annotations

import hashlib
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import brotli
from fastapi import APIRouter, Request
from starlette.responses import Response

from roomread.api.problems import RefusedError
from roomread.errors import ModelFileError

router = APIRouter(include_in_schema=False)
# The package and path of each net.
_NETS = {
    "centerface-shallow.onnx": ("roomread.faces", "bundled/centerface-shallow-fp32.onnx"),
    "centerface-deep.onnx": ("roomread.faces", "bundled/centerface-deep-fp32.onnx"),
    "covers.onnx": ("roomread.faces", "covers.onnx"),
    "compact.onnx": ("roomread.classifier", "bundled/compact.onnx"),
}
_MEDIA_TYPES = {
    ".mjs": "text/javascript; charset=utf-8",
    ".wasm": "application/wasm",
    ".onnx": "application/octet-stream",
}
_YEAR = 365 * 24 * 3600
_SUFFIX = ".br"
# Number of hex digits of a file's SHA-256 in its URL.
_DIGITS = 16
# Takes about 0.1 s for the largest net; qualities up to 9 gain nothing, 10 takes ten seconds.
_QUALITY = 5


def bundle_url(name: str) -> str:
    """Return the URL path of a file; it changes with the file's content.

    Args:
        name: The file's name, such as `onnxruntime-web.wasm` or `compact.onnx`.

    Raises:
        ModelFileError: The files are not in the package.
        KeyError: There is no such file.
    """
    return f"/assets/bundled/{_digests()[name]}/{name}"


def bundle_content(name: str) -> bytes:
    """Return the content of a file.

    Raises:
        ModelFileError: The files are not in the package.
        KeyError: There is no such file.
    """
    if name not in _digests():
        raise KeyError(name)
    if name in _NETS:
        return _net(name)
    content: bytes = brotli.decompress(_compressed(name))
    return content


@router.get("/assets/bundled/{digest}/{name}")
def bundled(request: Request, digest: str, name: str) -> Response:
    """Return a file with headers that let a browser cache it."""
    if _digests().get(name) != digest:
        raise RefusedError(
            HTTPStatus.NOT_FOUND,
            "not-found",
            "this version of the service has no such file",
            hint="reload the page",
        )
    headers = {
        "Cache-Control": f"public, max-age={_YEAR}, immutable",
        "Vary": "Accept-Encoding",
    }
    if _takes_brotli(request.headers.get("accept-encoding", "")):
        headers["Content-Encoding"] = "br"
        content = _compressed(name)
    else:
        content = bundle_content(name)
    return Response(content, media_type=_MEDIA_TYPES[Path(name).suffix], headers=headers)


def _takes_brotli(accept_encoding: str) -> bool:
    """Return whether an `Accept-Encoding` header accepts Brotli; a weight of 0 refuses it."""
    for part in accept_encoding.lower().split(","):
        coding, _, weight = part.partition(";")
        if coding.strip() == "br":
            return weight.replace(" ", "").rstrip("0") not in ("q=", "q=0.")
    return False


@cache
def _digests() -> dict[str, str]:
    """Return the shortened hash of each file by its name.

    Raises:
        ModelFileError: The files are not in the package.
    """
    stamp = _folder().joinpath("browser.stamp")
    hint = "install roomread from a wheel, or run `pip install -e .` in a checkout"
    if not stamp.is_file():
        raise ModelFileError(
            "the files that the student page downloads are missing from the package", hint=hint
        )
    lines = stamp.read_text(encoding="ascii").splitlines()[1:]
    hashes = {name: digest for digest, name in (line.split("  ") for line in lines)}
    nets = {name: hashlib.sha256(_net(name)).hexdigest() for name in _NETS}
    runtime = {
        name.removesuffix(_SUFFIX): digest
        for name, digest in hashes.items()
        if name.endswith(_SUFFIX)
    }
    return {name: digest[:_DIGITS] for name, digest in (runtime | nets).items()}


def _net(name: str) -> bytes:
    package, path = _NETS[name]
    return files(package).joinpath(path).read_bytes()


def _compressed(name: str) -> bytes:
    if name in _NETS:
        return _compressed_net(name)
    return _folder().joinpath(name + _SUFFIX).read_bytes()


@cache
def _compressed_net(name: str) -> bytes:
    content: bytes = brotli.compress(_net(name), quality=_QUALITY, lgwin=24)
    return content


def _folder() -> Traversable:
    return files("roomread.api").joinpath("bundled")
