from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time

import aioice
import pytest

from roomread.errors import RoomreadError
from roomread.settings.environment import Settings
from roomread.web.ice import ice_servers

STUN = {"urls": "stun:stun.example.org"}
TURN = {"urls": ["turn:turn.example.org"], "username": "u", "credential": "c"}


def test_without_an_ice_service_the_configured_servers_are_returned() -> None:
    assert ice_servers(Settings()) == []
    assert ice_servers(Settings(ice_servers=[STUN])) == [STUN]


def test_coturn_credentials_are_derived_from_the_shared_secret() -> None:
    settings = Settings.model_validate(
        {
            "ice_servers": [STUN],
            "ice_service": "coturn",
            "turn_urls": ["turn:turn.example.org"],
            "turn_secret": "north",
        }
    )
    stun, turn = ice_servers(settings)
    assert stun == STUN
    assert turn["urls"] == ["turn:turn.example.org"]
    until, _, _ = turn["username"].partition(":")
    assert 3600 < int(until) - time.time() < 24 * 3600
    proof = hmac.new(b"north", turn["username"].encode(), hashlib.sha1).digest()
    assert turn["credential"] == base64.b64encode(proof).decode()
    assert "north" not in repr(settings)


@pytest.mark.parametrize(
    ("service", "names"),
    [
        ("coturn", "ROOMREAD_TURN_URLS and ROOMREAD_TURN_SECRET"),
        ("cloudflare", "CLOUDFLARE_TURN_KEY_ID and CLOUDFLARE_TURN_KEY_API_TOKEN"),
        ("twilio", "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"),
        ("hugging-face", "HF_TOKEN"),
    ],
)
def test_error_for_an_ice_service_names_its_missing_settings(
    monkeypatch: pytest.MonkeyPatch, service: str, names: str
) -> None:
    for name in names.split(" and "):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(RoomreadError, match=names):
        ice_servers(Settings.model_validate({"ice_service": service}))


def test_credential_service_that_cannot_be_reached_is_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CLOUDFLARE_TURN_KEY_ID", "id")
    monkeypatch.setenv("CLOUDFLARE_TURN_KEY_API_TOKEN", "token")
    # Nothing listens at this proxy, so that the test needs no network.
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    with pytest.raises(RoomreadError, match="'cloudflare' issued no credentials"):
        ice_servers(Settings.model_validate({"ice_service": "cloudflare"}))


def test_coturn_relays_with_the_issued_credentials(coturn: int) -> None:
    settings = Settings.model_validate(
        {
            "ice_service": "coturn",
            "turn_urls": [f"turn:127.0.0.1:{coturn}?transport=udp"],
            "turn_secret": "north",
        }
    )

    async def relayed(credential: str | None) -> bool:
        (turn,) = ice_servers(settings)
        ice = aioice.Connection(
            ice_controlling=True,
            turn_server=("127.0.0.1", coturn),
            turn_username=turn["username"],
            turn_password=credential or turn["credential"],
        )
        await ice.gather_candidates()
        kinds = [candidate.type for candidate in ice.local_candidates]
        await ice.close()
        return "relay" in kinds

    assert asyncio.run(relayed(None))
    assert not asyncio.run(relayed("a wrong one"))
