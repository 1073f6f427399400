"""Sign in at an OpenID Connect provider: redirect the visitor to it, and handle the return."""

from __future__ import annotations

import time
from functools import partial
from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import Response

from roomread.api.auth import address_of
from roomread.api.context import Context
from roomread.api.forms import begin_session, own_path, sign_in_page
from roomread.api.provider import ProviderError

router = APIRouter(include_in_schema=False)
# Time limit for signing in at the provider, s.
FLOW_SECONDS = 600
_NO_PROVIDER = "No provider is set up for signing in."
FLOW_COOKIE = "roomread_sign_in"


@router.get("/sign-in/provider")
async def go(request: Request, context: Context, next: str = "/") -> Response:  # noqa: A002
    """Redirect a visitor to the sign-in page of the OpenID Connect provider."""
    if context.provider is None:
        return sign_in_page(context, next, _NO_PROVIDER, HTTPStatus.NOT_FOUND)
    back = str(request.url.replace(path="/sign-in/back", query=""))
    request.session["next"] = own_path(next)
    try:
        return await context.provider.redirect(request, back)
    except ProviderError as error:
        return sign_in_page(context, next, _sentence(error), HTTPStatus.BAD_GATEWAY)


@router.get("/sign-in/back")
async def come_back(request: Request, context: Context) -> Response:
    """Sign in the user that the provider has authenticated."""
    if context.provider is None:
        return sign_in_page(context, "/", _NO_PROVIDER, HTTPStatus.NOT_FOUND)
    refused = partial(context.auth.refusals.add, "sign-in refused", address_of(request))
    path = own_path(str(request.session.pop("next", "/")))
    try:
        known = await context.provider.identify(request)
    except ProviderError as error:
        refused(time.monotonic())
        return sign_in_page(context, path, _sentence(error), HTTPStatus.FORBIDDEN)
    principal = context.auth.accounts.check_provided(*known)
    if principal is None:
        refused(time.monotonic())
        problem = (
            f"{known.name} is not a user of this service, or signed in with another account before."
            " Ask its operator."
        )
        return sign_in_page(context, path, problem, HTTPStatus.FORBIDDEN)
    return begin_session(request, context, principal, path)


def _sentence(error: ProviderError) -> str:
    return f"{error.problem[0].upper()}{error.problem[1:]}."
