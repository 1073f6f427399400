"""Authenticate visitors with an OpenID Connect provider; needs the extra `oidc`."""

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
    # Imported for types only, because it needs the extra.
    from authlib.integrations.starlette_client import StarletteOAuth2App

# Time limit for each response of the provider, s.
_PATIENCE = 10.0


class ProviderError(RoomreadError):
    """The provider did not respond, identified no user, or sent an untrustworthy response."""


class ProviderIdentity(NamedTuple):
    """An account at a provider.

    Attributes:
        name: The user's name in this service, taken from a claim of the provider.
        account: The issuer, and the id that it gave the user and never reassigns.
    """

    name: str
    account: str


class Provider:
    """An OpenID Connect provider, used with the authorization code flow and PKCE.

    Args:
        settings: The issuer, the service's client id and secret, and the claim with the user's
            name.

    Raises:
        MissingExtraError: The extra `oidc` is not installed.
        RoomreadError: The settings are incomplete or invalid.
    """

    def __init__(self, settings: Settings) -> None:
        issuer = (settings.oidc_issuer or "").rstrip("/")
        parts = urlsplit(issuer)
        if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
            problem = f"ROOMREAD_OIDC_ISSUER is not an https URL: {issuer}"
            raise RoomreadError(problem, hint="set it to a URL such as https://accounts.google.com")
        if not settings.oidc_client_id:
            hint = "set it to the client id that the provider issued"
            raise RoomreadError("ROOMREAD_OIDC_CLIENT_ID is not set", hint=hint)
        for module in ("authlib", "httpx2", "itsdangerous"):
            if importlib.util.find_spec(module) is None:
                raise MissingExtraError("sign-in through an identity provider", extra="oidc")
        self.name = parts.hostname or issuer
        self._issuer, self._claim = issuer, settings.oidc_claim
        self._client = _client(issuer, settings)

    async def redirect(self, request: Request, back: str) -> Response:
        """Return a redirect to the provider, which later redirects to the URL `back`.

        Raises:
            ProviderError: The provider does not respond.
        """
        answer: Response = await self._asked(lambda: self._client.authorize_redirect(request, back))
        return answer

    async def identify(self, request: Request) -> ProviderIdentity:
        """Return the account of a visitor who returns from the provider.

        Raises:
            ProviderError: The provider named no user, or its response cannot be trusted.
        """
        needed = {
            "iss": {"essential": True, "values": [self._issuer, f"{self._issuer}/"]},
            "sub": {"essential": True},
        }
        token: dict[str, Any] = await self._asked(
            lambda: self._client.authorize_access_token(request, claims_options=needed)
        )
        claims = token.get("userinfo") or {}
        name = claims.get(self._claim)
        if not isinstance(name, str) or not name:
            raise ProviderError(f"the provider did not send the claim {self._claim}")
        # An unverified address may be any text that the account's owner typed in.
        if self._claim == "email" and claims.get("email_verified") is not True:
            raise ProviderError("the provider did not verify the e-mail address")
        return ProviderIdentity(name, f"{self._issuer} {claims['sub']}")

    async def _asked(self, ask: Callable[[], Any]) -> Any:
        import httpx2  # noqa: PLC0415 (needs the extra)
        from authlib.common.errors import AuthlibBaseError  # noqa: PLC0415
        from joserfc.errors import JoseError  # noqa: PLC0415

        try:
            return await ask()
        except (AuthlibBaseError, JoseError, httpx2.HTTPError, RuntimeError, ValueError) as error:
            log("sign-in at the provider failed", error=type(error).__name__)
            raise ProviderError("the provider did not confirm your identity") from error


def _client(issuer: str, settings: Settings) -> StarletteOAuth2App:
    from authlib.integrations.starlette_client import OAuth  # noqa: PLC0415 (needs the extra)

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
    """Return the provider that the settings configure; None if they configure none."""
    return Provider(settings) if settings.oidc_issuer else None
