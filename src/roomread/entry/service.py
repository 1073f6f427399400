"""Compose the API, its pages and the web app into one ASGI application."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI
from pydantic.json_schema import models_json_schema
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from roomread import __version__
from roomread.api import (
    about,
    analyze,
    browser_pages,
    bundles,
    forms,
    live,
    notice,
    oidc,
    profiles,
    room_pages,
    room_socket,
    rooms,
    schema,
    session_files,
    session_socket,
    sessions,
    share,
    student,
    videos,
)
from roomread.api.auth import AuthMiddleware, is_ours
from roomread.api.context import Context, Manager, ServiceContext
from roomread.api.limits import Body, BodyLimits
from roomread.api.metrics import QUEUES
from roomread.api.problems import busy, map_errors
from roomread.api.request_log import RequestLogMiddleware
from roomread.api.shapes import PicturesInput
from roomread.api.uploads import request_cap
from roomread.entry.heap import return_memory_periodically
from roomread.entry.retention import apply_retention
from roomread.fewshot.profile import MAX_BYTES
from roomread.services.shares import ByteBudget, SharedSlots
from roomread.web.asgi import keep_uploads, load_libraries, make_app
from roomread.web.upload_route import UploadRoute

_ABOUT = """
Reads the facial expressions in pictures and videos. An expression is what a face shows, not what
the person feels. It is withheld where the net is not sure enough or the face cannot be seen well.

`WS /api/v1/live` receives encoded frames as binary messages and returns the faces of the newest.
`WS /api/v1/sessions/{session_id}/readings` receives readings as text messages, each like the body
of the POST request.
"""
# Maximum size of a form with one file in addition to the file itself, bytes.
_FORM_BYTES = 100_000
# Maximum size of the body of a request without a file, bytes.
_PAGE_BYTES = 1_000_000

router = APIRouter()
PARTS = (
    about,
    schema,
    analyze,
    videos,
    live,
    sessions,
    session_files,
    session_socket,
    rooms,
    room_socket,
    room_pages,
    profiles,
    forms,
    # Added before the assets, whose route would match these paths.
    bundles,
    student,
    browser_pages,
    notice,
    share,
    oidc,
)


@router.get("/healthz", include_in_schema=False)
async def healthz() -> PlainTextResponse:
    """Return status 200 as long as the process runs."""
    return PlainTextResponse("ok\n")


@router.get("/readyz", include_in_schema=False)
async def readyz(context: Context) -> PlainTextResponse:
    """Return status 200 as long as the service accepts work."""
    if context.closing:
        raise busy("the service is shutting down")
    if not context.engine.job_queue.is_working:
        raise busy("the process that reads videos has ended: restart the service", seconds=60)
    return PlainTextResponse("ready\n")


@router.get("/metrics", include_in_schema=False)
def metrics(context: Context, _manager: Manager) -> Response:
    """Return the metrics for Prometheus."""
    jobs = context.engine.job_queue.unfinished()
    context.metrics.live.set(context.engine.cameras.taken(time.monotonic()))
    context.metrics.busy.set(context.limiter.taken)
    context.metrics.jobs.set(jobs)
    lengths = (
        context.limiter.taken,
        context.session_limiter.taken,
        context.figures_limiter.taken,
        context.ingest_sockets.taken,
        context.event_streams.taken,
        jobs,
    )
    for queue, length in zip(QUEUES, lengths, strict=True):
        context.metrics.queues.labels(queue).set(length)
    return PlainTextResponse(context.metrics.text())


def make_service(context: ServiceContext) -> ASGIApp:
    """Return the whole service as one ASGI application.

    Args:
        context: The objects that all routes share; the caller closes its engine.
    """
    app = make_app(max_upload_mb=context.settings.max_upload_mb)
    run_app = app.lifespan()
    uploads = keep_uploads(
        max_upload_mb=context.settings.max_upload_mb, all_mb=context.settings.max_kept_mb
    )

    @asynccontextmanager
    async def lifespan(api: FastAPI) -> AsyncIterator[None]:
        async with run_app(api):
            load_libraries()
            stopping = asyncio.Event()
            days = context.settings.retention_days
            retention = asyncio.create_task(apply_retention(context.store, days, stopping))
            memory = asyncio.create_task(return_memory_periodically())
            context.rooms.start()
            yield
            context.closing = True
            memory.cancel()
            stopping.set()
            await context.rooms.shut_down()
            # A deletion that has begun uses the store, which is closed afterwards.
            await retention
        uploads.close()

    api = FastAPI(
        title="Roomread",
        version=__version__,
        description=_ABOUT,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        openapi_url="/api/v1/openapi.json",
        # FastAPI's documentation pages are off, because they load scripts from another host.
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    _describe_bodies(api)
    api.state.context = context
    if context.provider is not None:
        from starlette.middleware.sessions import SessionMiddleware  # noqa: PLC0415 (an extra)

        # Keep the state of a sign-in at the provider in a cookie, so that any process can complete
        # it.
        api.add_middleware(
            SessionMiddleware,
            secret_key=context.auth.accounts.derive_secret("sign-in flow"),
            session_cookie=oidc.FLOW_COOKIE,
            max_age=oidc.FLOW_SECONDS,
            same_site="lax",
        )
    map_errors(api)
    api.include_router(router)
    for part in PARTS:
        api.include_router(part.router)
    limited = Body(
        _PathSplit(api, UploadRoute(app, uploads, max_mb=context.settings.max_upload_mb)),
        cap=lambda path: _cap(context, path),
        streams=_streams,
        limits=_body_limits(context),
    )
    return RequestLogMiddleware(AuthMiddleware(limited, context.auth), context.metrics)


def _describe_bodies(api: FastAPI) -> None:
    """Add to the OpenAPI document the request bodies that routes parse themselves."""
    describe = api.openapi

    def openapi() -> dict[str, Any]:
        document = describe()
        _, made = models_json_schema(
            [(PicturesInput, "validation")],
            ref_template="#/components/schemas/{model}",
        )
        document["components"]["schemas"] |= made["$defs"]
        return document

    # FastAPI documents this way of extending the document.
    api.openapi = openapi  # type: ignore[method-assign]


class _PathSplit:
    """Route requests for the API and its pages to the API, and all other requests to the web app.

    If the web app were mounted at "/", it would answer requests that are meant for the API but have
    a wrong method or path.
    """

    def __init__(self, api: ASGIApp, app: ASGIApp) -> None:
        self._api, self._app = api, app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        ours = scope["type"] == "lifespan" or is_ours(scope["path"])
        await (self._api if ours else self._app)(scope, receive, send)


def _streams(path: str) -> bool:
    """Return whether the body of a request for this path is streamed to a file.

    Uploads of the web app are equally large, but not streamed. They must wait until the limit
    `BodyLimits.processed` admits them, and no part of an upload that is too slow or too large may
    be kept.
    """
    return path == "/api/v1/videos"


def _body_limits(context: ServiceContext) -> BodyLimits:
    settings = context.settings
    bodies, what = settings.max_bodies, "requests that are being received"
    return BodyLimits(
        members=SharedSlots(bodies, share=0.5, what=what),
        strangers=SharedSlots(max(bodies // 2, 1), share=1.0, what=what),
        memory=context.buffers,
        disk=ByteBudget(settings.max_received_mb * 1_000_000),
    )


def _cap(context: ServiceContext, path: str) -> int:
    """Return the maximum body size for a path, bytes."""
    if path in ("/api/v1/analyze", "/api/v1/profiles", "/upload"):
        return request_cap(context)
    if path.startswith("/api/v1/sessions/") and path.endswith("/readings"):
        return sessions.READINGS_BYTES
    if path.startswith("/api/v1/profiles/"):
        return MAX_BYTES
    if path == "/api/v1/videos" or path.startswith("/_stcore/upload_file/"):
        return context.settings.max_upload_mb * 1_000_000 + _FORM_BYTES
    return _PAGE_BYTES
