"""Send requests to routes of the HTTP API in this process, without a server or sign-in."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from roomread.api.problems import map_errors
from roomread.services.accounts import LOCAL, Principal


class Admitted:
    """Middleware that treats every request as sent by the same principal."""

    def __init__(self, app: ASGIApp, principal: Principal) -> None:
        self._app, self._principal = app, principal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["principal"] = self._principal
        await self._app(scope, receive, send)


def client_of(
    router: APIRouter,
    context: object,
    principal: Principal = LOCAL,
    *,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None,
) -> TestClient:
    """Return a client for the routes of one module, whose requests come from one principal.

    Args:
        router: The routes.
        context: An object with the attributes of `ServiceContext` that the routes use.
        principal: The sender of all requests.
        lifespan: The lifespan of the application, if the client is used as a context manager.
    """
    options: dict[str, Any] = {"lifespan": lifespan} if lifespan is not None else {}
    api = FastAPI(**options)
    map_errors(api)
    api.include_router(router)
    api.state.context = context
    app = Admitted(api, principal)
    return TestClient(app, base_url="http://127.0.0.1", client=("192.0.2.7", 5000))
