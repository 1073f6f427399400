"""Sign-in at an OpenID Connect provider: the way there and back."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import Response

from roomread.api.context import Context
from roomread.api.forms import begin_session, own_path, sign_in_page
from roomread.api.logs import audit
from roomread.api.provider import ProviderError

router = APIRouter(include_in_schema=False)
# The way to the provider and back, s.
FLOW_SECONDS = 600
FLOW_COOKIE = "roomread_sign_in"


@router.get("/sign-in/provider")
async def go(request: Request, context: Context, next: str = "/") -> Response:  # noqa: A002
    """Sends a visitor to the provider."""
    if context.provider is None:
        return sign_in_page(context, next, "There is no such way in.", HTTPStatus.NOT_FOUND)
    back = str(request.url.replace(path="/sign-in/back", query=""))
    request.session["next"] = own_path(next)
    try:
        return await context.provider.ask(request, back)
    except ProviderError as error:
        return sign_in_page(context, next, _sentence(error), HTTPStatus.BAD_GATEWAY)


@router.get("/sign-in/back")
async def come_back(request: Request, context: Context) -> Response:
    """Lets in whom the provider names, if they are a user here."""
    if context.provider is None:
        return sign_in_page(context, "/", "There is no such way in.", HTTPStatus.NOT_FOUND)
    address = request.client.host if request.client else ""
    path = own_path(str(request.session.pop("next", "/")))
    try:
        known = await context.provider.hear(request)
    except ProviderError as error:
        audit("sign-in refused", address=address)
        return sign_in_page(context, path, _sentence(error), HTTPStatus.FORBIDDEN)
    principal = context.auth.accounts.check_provided(*known)
    if principal is None:
        audit("sign-in refused", address=address)
        said = (
            f"{known.name} is no user here, or another account is. Ask whoever runs this service."
        )
        return sign_in_page(context, path, said, HTTPStatus.FORBIDDEN)
    return begin_session(request, context, principal, path)


def _sentence(error: ProviderError) -> str:
    return f"{error.problem[0].upper()}{error.problem[1:]}."
