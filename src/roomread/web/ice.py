"""The STUN and TURN servers that a camera's way between two networks needs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import time
from collections.abc import Callable
from typing import Any

from streamlit_webrtc.credentials import (
    get_cloudflare_ice_servers,
    get_hf_ice_servers,
    get_twilio_ice_servers,
)

from roomread.errors import RoomreadError
from roomread.settings.environment import IceService, Settings

# As long as the longest lesson that nobody interrupts.
_COTURN_SECONDS = 6 * 3600
_ASKED: dict[IceService, tuple[Callable[..., list[Any]], tuple[str, ...]]] = {
    IceService.CLOUDFLARE: (
        get_cloudflare_ice_servers,
        ("CLOUDFLARE_TURN_KEY_ID", "CLOUDFLARE_TURN_KEY_API_TOKEN"),
    ),
    IceService.TWILIO: (get_twilio_ice_servers, ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")),
    IceService.HUGGING_FACE: (get_hf_ice_servers, ("HF_TOKEN",)),
}


def ice_servers(settings: Settings) -> list[dict[str, Any]]:
    """The servers that browser and app use, as WebRTC's `iceServers`.

    Those of `settings.ice_servers`, and those that `settings.ice_service` gives credentials for;
    a service's answer is kept for an hour.

    Raises:
        RoomreadError: the service lacks a setting, or does not give credentials.
    """
    servers = list(settings.ice_servers)
    service = settings.ice_service
    if service is None:
        return servers
    if service is IceService.COTURN:
        return [*servers, _coturn(settings, time.time())]
    ask, names = _ASKED[service]
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        raise RoomreadError(
            f"the ICE service '{service}' needs {' and '.join(missing)}",
            hint="set it in the environment, or take ROOMREAD_ICE_SERVICE away",
        )
    try:
        return [*servers, *ask(*(os.environ[name] for name in names))]
    except Exception as error:  # a library's own errors, and those of the network under it
        raise RoomreadError(
            f"the ICE service '{service}' gives no credentials: {error}",
            hint="check its key, and that this computer may reach it",
        ) from error


def _coturn(settings: Settings, now: float) -> dict[str, Any]:
    """Credentials by coturn's shared secret (draft-uberti-behave-turn-rest-00)."""
    secret = settings.turn_secret.get_secret_value()
    if not secret or not settings.turn_urls:
        raise RoomreadError(
            "the ICE service 'coturn' needs ROOMREAD_TURN_URLS and ROOMREAD_TURN_SECRET",
            hint="for example ROOMREAD_TURN_URLS='[\"turn:turn.example.org:3478\"]'",
        )
    username = f"{int(now) + _COTURN_SECONDS}:roomread"
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    credential = base64.b64encode(digest).decode()
    return {"urls": settings.turn_urls, "username": username, "credential": credential}
