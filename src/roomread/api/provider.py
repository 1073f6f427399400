"""An OpenID Connect provider: a school's, a company's; needs the extra `oidc`."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from fastapi import Request
from starlette.responses import Response

from roomread.api.logs import log
from roomread.errors import MissingExtraError, RoomreadError
from roomread.settings.addresses import is_loopback
from roomread.settings.environment import Settings

if TYPE_CHECKING:
    # An extra.
    from authlib.integrations.starlette_client import StarletteOAuth2App

_PATIENCE = 10.0


class ProviderError(RoomreadError):
    """The provider did not say who comes, or what it said is not to be believed."""


class ProviderIdentity(NamedTuple):
    """Whom a provider knows.

    Attributes:
        name: the claim that names them here.
        account: the issuer and its subject, which is never given to anybody else.
    """

    name: str
    account: str


class Provider:
    """One OpenID Connect provider, by the authorization code flow with PKCE.

    Args:
        settings: its issuer, our id and secret there, and which claim names a user.

    Raises:
        MissingExtraError: without the extra.
        RoomreadError: the settings do not go together.
    """

    def __init__(self, settings: Settings) -> None:
        issuer = (settings.oidc_issuer or "").rstrip("/")
        parts = urlsplit(issuer)
        if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
            problem = f"ROOMREAD_OIDC_ISSUER is no https address: {issuer}"
            raise RoomreadError(problem, hint="such as https://accounts.google.com")
        if not settings.oidc_client_id:
            raise RoomreadError("ROOMREAD_OIDC_CLIENT_ID is not set", hint="the provider gives it")
        for module in ("authlib", "httpx2", "itsdangerous"):
            if importlib.util.find_spec(module) is None:
                raise MissingExtraError("sign-in at a provider", extra="oidc")
        self.name = parts.hostname or issuer
        self._issuer, self._claim = issuer, settings.oidc_claim
        self._client = _client(issuer, settings)

    async def ask(self, request: Request, back: str) -> Response:
        """Sends a visitor to the provider.

        Raises:
            ProviderError: it does not answer.
        """
        answer: Response = await self._told(lambda: self._client.authorize_redirect(request, back))
        return answer

    async def hear(self, request: Request) -> ProviderIdentity:
        """Whom the provider says that a visitor is, who comes back from it.

        Raises:
            ProviderError: nobody, or it is not to be believed.
        """
        needed = {
            "iss": {"essential": True, "values": [self._issuer, f"{self._issuer}/"]},
            "sub": {"essential": True},
        }
        token: dict[str, Any] = await self._told(
            lambda: self._client.authorize_access_token(request, claims_options=needed)
        )
        claims = token.get("userinfo") or {}
        name = claims.get(self._claim)
        if not isinstance(name, str) or not name:
            raise ProviderError(f"the provider did not tell the {self._claim}")
        # Anybody may write any address into an account of theirs.
        if self._claim == "email" and claims.get("email_verified") is not True:
            raise ProviderError("the provider did not verify the e-mail address")
        return ProviderIdentity(name, f"{self._issuer} {claims['sub']}")

    async def _told(self, ask: Callable[[], Any]) -> Any:
        import httpx2  # noqa: PLC0415 (an extra)
        from authlib.common.errors import AuthlibBaseError  # noqa: PLC0415
        from joserfc.errors import JoseError  # noqa: PLC0415

        try:
            return await ask()
        except (AuthlibBaseError, JoseError, httpx2.HTTPError, RuntimeError, ValueError) as error:
            log("sign-in at the provider failed", error=type(error).__name__)
            raise ProviderError("the provider did not say who you are") from error


def _client(issuer: str, settings: Settings) -> StarletteOAuth2App:
    from authlib.integrations.starlette_client import OAuth  # noqa: PLC0415 (an extra)

    return OAuth().register(
        "provider",
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret.get_secret_value() or None,
        server_metadata_url=f"{issuer}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid email profile",
            "code_challenge_method": "S256",
            "timeout": _PATIENCE,
        },
    )


def provider_of(settings: Settings) -> Provider | None:
    """The provider of the settings; None where none is set."""
    return Provider(settings) if settings.oidc_issuer else None
