"""Send alerts to a webhook, signed as the Standard Webhooks specification requires."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import http.client
import socket
import ssl
import time
from collections.abc import Callable

from roomread._version import __version__
from roomread.errors import RoomreadError
from roomread.services.alerts.endpoints import Endpoint, resolve
from roomread.services.alerts.event import AlertEvent
from roomread.services.alerts.sender import DeliveryError

_PREFIX = "whsec_"
# The lengths of a secret, bytes, that the specification allows.
_SECRET_BYTES = range(24, 65)
# Time limit for connecting, and for each read from the receiver, s.
_TIMEOUT = 10.0
# The 4xx statuses after which a later attempt may succeed.
_TRY_AGAIN = (408, 425, 429)


def parse_secret(text: str) -> bytes:
    """Return the key with which requests are signed.

    Args:
        text: 24 to 64 bytes in base64, with or without the prefix `whsec_`.

    Raises:
        RoomreadError: The text is empty, not base64, or of another length.
    """
    hint = "set ROOMREAD_ALERT_SECRET to what `openssl rand -base64 32` prints"
    if not text:
        raise RoomreadError("a webhook needs a secret for its signatures", hint=hint)
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise RoomreadError("the secret for webhooks is not base64", hint=hint) from error
    if len(key) not in _SECRET_BYTES:
        first, last = _SECRET_BYTES[0], _SECRET_BYTES[-1]
        raise RoomreadError(
            f"the secret for webhooks is not {first} to {last} bytes long", hint=hint
        )
    return key


def sign(key: bytes, event_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of the header `webhook-signature`.

    Args:
        key: The secret, see `parse_secret`.
        event_id: The value of the header `webhook-id`.
        timestamp: The value of the header `webhook-timestamp`, seconds since 1970.
        body: The body of the request.
    """
    content = f"{event_id}.{timestamp}.".encode() + body
    digest = hmac.new(key, content, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


class Webhook:
    """An alert target that sends POST requests to a web server and follows no redirects.

    Args:
        endpoint: The parts of an http or https URL.
        key: The key with which requests are signed; see `parse_secret`.
        private: Whether the host name may resolve to an address in a private network.
        timeout: Time limit for connecting, and for each read from the server, s.
        clock: A function that returns seconds since 1970.

    Raises:
        RoomreadError: The URL contains a user or a password.
    """

    kind = "webhook"

    def __init__(
        self,
        endpoint: Endpoint,
        key: bytes,
        *,
        private: bool,
        timeout: float = _TIMEOUT,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if endpoint.user or endpoint.password:
            raise RoomreadError(
                f"{endpoint.name}: the URL of a webhook cannot contain a user and a password",
                hint="leave them out; the receiver checks the signature",
            )
        self.name = endpoint.name
        self._endpoint, self._key, self._private = endpoint, key, private
        self._timeout, self._clock = timeout, clock

    def deliver(self, event: AlertEvent) -> None:
        """Send an event, and wait for the response.

        Raises:
            DeliveryError: The server cannot be reached, or its response status is not 2xx.
        """
        body, timestamp = event.to_json(), int(self._clock())
        headers = {
            "content-type": "application/json",
            "user-agent": f"roomread/{__version__}",
            "webhook-id": event.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(self._key, event.id, timestamp, body),
        }
        try:
            status = self._post(body, headers)
        except (OSError, http.client.HTTPException) as error:
            raise DeliveryError(f"no response ({type(error).__name__})") from error
        if not 200 <= status < 300:
            final = 300 <= status < 500 and status not in _TRY_AGAIN
            raise DeliveryError(f"the response has status {status}", final=final)

    def _post(self, body: bytes, headers: dict[str, str]) -> int:
        endpoint = self._endpoint
        kind = http.client.HTTPSConnection if endpoint.encrypted else http.client.HTTPConnection
        connection = kind(endpoint.host, endpoint.port, timeout=self._timeout)
        # Connect to the checked address, because resolving the name again could give another one.
        connection.sock = self._connect()
        try:
            connection.request("POST", endpoint.path or "/", body, headers)
            return connection.getresponse().status
        finally:
            connection.close()

    def _connect(self) -> socket.socket:
        endpoint = self._endpoint
        address = resolve(endpoint, private=self._private)
        plain = socket.create_connection((address, endpoint.port), timeout=self._timeout)
        if not endpoint.encrypted:
            return plain
        try:
            context = ssl.create_default_context()
            return context.wrap_socket(plain, server_hostname=endpoint.host)
        except BaseException:
            plain.close()
            raise
