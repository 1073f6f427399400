from __future__ import annotations

import asyncio
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="needs the app extra")

from starlette.requests import Request

from program import free_port
from roomread.api.provider import Provider, ProviderError, ProviderIdentity, provider_of
from roomread.errors import MissingExtraError, RoomreadError
from roomread.settings.environment import Settings

pytestmark = pytest.mark.skipif(find_spec("authlib") is None, reason="needs the oidc extra")


def test_unreachable_identity_provider_is_reported() -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    away = Provider(Settings(oidc_issuer=nobody, oidc_client_id="roomread"))
    request = Request({"type": "http", "session": {}})
    with pytest.raises(ProviderError, match="did not confirm your identity"):
        asyncio.run(away.redirect(request, "http://127.0.0.1/sign-in/back"))


def test_incomplete_or_insecure_identity_provider_settings_are_refused() -> None:
    with pytest.raises(RoomreadError, match="not an https URL"):
        Provider(Settings(oidc_issuer="http://accounts.example", oidc_client_id="roomread"))
    with pytest.raises(RoomreadError, match="OIDC_CLIENT_ID is not set"):
        Provider(Settings(oidc_issuer="https://accounts.example"))


ISSUER = "https://accounts.example"


def identify(claims: dict[str, Any] | None, *, claim: str = "email") -> ProviderIdentity:
    """Return the account of a visitor for whom the provider confirms these claims."""
    made = Provider(Settings(oidc_issuer=ISSUER, oidc_client_id="roomread", oidc_claim=claim))

    async def confirm(_: Request, *, claims_options: dict[str, Any]) -> dict[str, Any]:
        assert claims_options["iss"]["values"] == [ISSUER, f"{ISSUER}/"]
        return {"userinfo": claims}

    made._client = SimpleNamespace(authorize_access_token=confirm)
    return asyncio.run(made.identify(Request({"type": "http"})))


def test_account_name_comes_from_the_configured_claim_and_its_id_from_the_subject() -> None:
    claims = {"sub": "17", "email": "anna@school.example", "email_verified": True}
    assert identify(claims) == ProviderIdentity("anna@school.example", f"{ISSUER} 17")
    named = {"sub": "17", "preferred_username": "anna"}
    assert identify(named, claim="preferred_username").name == "anna"


@pytest.mark.parametrize(
    "claims",
    [
        None,
        {"sub": "17"},
        {"sub": "17", "email": "", "email_verified": True},
        {"sub": "17", "email": 3, "email_verified": True},
        {"sub": "17", "email": "anna@school.example"},
        {"sub": "17", "email": "anna@school.example", "email_verified": "true"},
    ],
)
def test_account_without_a_verified_name_is_refused(claims: dict[str, Any] | None) -> None:
    with pytest.raises(ProviderError, match=r"did not send the claim email|did not verify"):
        identify(claims)


def test_settings_without_an_oidc_issuer_give_no_identity_provider() -> None:
    assert provider_of(Settings()) is None
    made = provider_of(Settings(oidc_issuer=f"{ISSUER}/", oidc_client_id="roomread"))
    assert made is not None
    assert made.name == "accounts.example"


def test_error_for_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"roomread\[oidc\]"):
        Provider(Settings(oidc_issuer=ISSUER, oidc_client_id="roomread"))
