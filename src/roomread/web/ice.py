"""The STUN and TURN servers that connect a camera and the app across networks."""

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

# Lifetime of coturn's credentials, s; longer than a lesson.
_COTURN_SECONDS = 6 * 3600
_CREDENTIAL_SERVICES: dict[IceService, tuple[Callable[..., list[Any]], tuple[str, ...]]] = {
    IceService.CLOUDFLARE: (
        get_cloudflare_ice_servers,
        ("CLOUDFLARE_TURN_KEY_ID", "CLOUDFLARE_TURN_KEY_API_TOKEN"),
    ),
    IceService.TWILIO: (get_twilio_ice_servers, ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")),
    IceService.HUGGING_FACE: (get_hf_ice_servers, ("HF_TOKEN",)),
}


def ice_servers(settings: Settings) -> list[dict[str, Any]]:
    """Return the servers that the browser and the app use, as WebRTC's `iceServers`.

    These are the servers of `settings.ice_servers`, followed by those for which
    `settings.ice_service` issues credentials. Credentials of an external service are cached for an
    hour.

    Raises:
        RoomreadError: a setting of the ICE service is missing, or the service issues no
            credentials.
    """
    servers = list(settings.ice_servers)
    service = settings.ice_service
    if service is None:
        return servers
    if service is IceService.COTURN:
        return [*servers, _coturn(settings, time.time())]
    ask, names = _CREDENTIAL_SERVICES[service]
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        raise RoomreadError(
            f"the ICE service '{service}' needs {' and '.join(missing)}",
            hint="set them in the environment, or unset ROOMREAD_ICE_SERVICE",
        )
    try:
        return [*servers, *ask(*(os.environ[name] for name in names))]
    except Exception as error:  # the library raises its own errors and those of the network
        raise RoomreadError(
            f"the ICE service '{service}' issued no credentials: {error}",
            hint="check the key, and that this computer can reach the service",
        ) from error


def _coturn(settings: Settings, now: float) -> dict[str, Any]:
    """Return credentials made with coturn's shared secret (draft-uberti-behave-turn-rest-00)."""
    secret = settings.turn_secret.get_secret_value()
    if not secret or not settings.turn_urls:
        raise RoomreadError(
            "the ICE service 'coturn' needs ROOMREAD_TURN_URLS and ROOMREAD_TURN_SECRET",
            hint="set both, for example ROOMREAD_TURN_URLS='[\"turn:turn.example.org:3478\"]'",
        )
    username = f"{int(now) + _COTURN_SECONDS}:roomread"
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    credential = base64.b64encode(digest).decode()
    return {"urls": settings.turn_urls, "username": username, "credential": credential}
