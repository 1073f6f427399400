"""Serve the parameters with which a student's browser reads a face, and a page to try this."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from roomread.api.browser_pages import browser_page
from roomread.api.bundles import bundle_url
from roomread.classifier import open_model
from roomread.services.browser_reading import reading_parameters

router = APIRouter(include_in_schema=False)


@router.get("/assets/reader")
async def reader() -> dict[str, Any]:
    """Return the parameters for reading a face, and the URLs of the nets and the runtime."""
    return await run_in_threadpool(reader_settings, bundle_url)


@router.get("/mirror")
def mirror(request: Request) -> Response:
    """Return the page that shows a student what the join page would send, but sends nothing."""
    return browser_page(request, "mirror.html.j2")


def reader_settings(url_of: Callable[[str], str]) -> dict[str, Any]:
    """Return plain values of the type `Settings` in `assets/student/parameters.js`.

    Args:
        url_of: A function that returns the URL of a downloadable file by its name, such as
            `bundle_url`.
    """
    return {
        "parameters": reading_parameters(open_model()),
        "runtime": url_of("onnxruntime-web.mjs"),
        "wasm": url_of("onnxruntime-web.wasm"),
        "nets": {
            "shallow": url_of("centerface-shallow.onnx"),
            "deep": url_of("centerface-deep.onnx"),
            "covers": url_of("covers.onnx"),
            "expressions": url_of("compact.onnx"),
        },
    }
