"""Publish alerts to a topic of an MQTT broker."""

from __future__ import annotations

import importlib.util
import time
from typing import TYPE_CHECKING
from urllib.parse import unquote

from roomread.errors import MissingExtraError, RoomreadError
from roomread.services.alerts.endpoints import Endpoint, resolve
from roomread.services.alerts.event import AlertEvent
from roomread.services.alerts.sender import DeliveryError

if TYPE_CHECKING:
    # Imported for types only, because it is an extra.
    from paho.mqtt.client import Client
    from paho.mqtt.reasoncodes import ReasonCode

# Time limit for connecting and publishing together, s.
_TIMEOUT = 10.0
# The MQTT quality of service "at least once": the broker acknowledges each message.
_QOS = 1


class MqttTopic:
    """An alert target that publishes to a topic of an MQTT 3.1.1 broker.

    It opens a new connection for each event, because alerts are minutes apart.

    Args:
        endpoint: The parts of an mqtt or mqtts URL, whose path is the topic.
        private: Whether the host name may resolve to an address in a private network.
        timeout: Time limit for connecting and publishing together, s.

    Raises:
        MissingExtraError: The extra `mqtt` is not installed.
        RoomreadError: The URL names no topic, or its topic contains "+", "#" or NUL.
    """

    kind = "mqtt"

    def __init__(self, endpoint: Endpoint, *, private: bool, timeout: float = _TIMEOUT) -> None:
        if importlib.util.find_spec("paho") is None:
            raise MissingExtraError("sending alerts over MQTT", extra="mqtt")
        self.name = endpoint.name
        self._endpoint, self._private, self._timeout = endpoint, private, timeout
        self._topic = unquote(endpoint.path.removeprefix("/"))
        if not self._topic or any(character in self._topic for character in "+#\0"):
            raise RoomreadError(
                f"{self.name}: the URL does not name a topic to publish to",
                hint="write mqtts://host/school/alerts, without + and # in the topic",
            )

    def deliver(self, event: AlertEvent) -> None:
        """Publish an event, and wait until the broker acknowledges it.

        Raises:
            DeliveryError: The broker cannot be reached, refuses the user, or does not respond.
        """
        # Only check the address. The client resolves the name again, because it verifies the
        # certificate of the broker against the name.
        resolve(self._endpoint, private=self._private)
        client, refusal = self._client()
        until = time.monotonic() + self._timeout
        try:
            # The keep-alive interval also limits the duration of the TLS handshake.
            keepalive = max(round(self._timeout), 1)
            client.connect(self._endpoint.host, self._endpoint.port, keepalive=keepalive)
            while not client.is_connected():
                self._wait(client, until, refusal)
            sent = client.publish(self._topic, event.to_json(), qos=_QOS)
            while not sent.is_published():
                self._wait(client, until, refusal)
        except (OSError, ValueError, RuntimeError) as error:
            raise DeliveryError(f"no response ({type(error).__name__})") from error
        finally:
            client.disconnect()

    def _client(self) -> tuple[Client, list[str]]:
        """Return a client, and a list that receives the reason if the broker refuses the client."""
        from paho.mqtt import client as paho  # noqa: PLC0415 (an extra)
        from paho.mqtt.enums import CallbackAPIVersion  # noqa: PLC0415

        endpoint, refusal = self._endpoint, list[str]()
        client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311)
        client.connect_timeout = self._timeout
        if endpoint.user:
            client.username_pw_set(endpoint.user, endpoint.password or None)
        if endpoint.encrypted:
            client.tls_set()

        def on_connect(
            _client: Client, _data: object, _flags: object, reason: ReasonCode, *_: object
        ) -> None:
            if reason.is_failure:
                refusal.append(str(reason))

        client.on_connect = on_connect
        return client, refusal

    def _wait(self, client: Client, until: float, refusal: list[str]) -> None:
        """Exchange packets with the broker for at most a second.

        Raises:
            DeliveryError: The deadline `until` is reached, or the broker refused or closed the
                connection.
        """
        from paho.mqtt.enums import MQTTErrorCode  # noqa: PLC0415 (an extra)

        remaining = until - time.monotonic()
        if remaining <= 0:
            raise DeliveryError("no response in time")
        result = client.loop(timeout=min(remaining, 1.0))
        if refusal:
            raise DeliveryError(f"the broker refused the connection: {refusal[0]}")
        if result is not MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise DeliveryError("the broker closed the connection")
