"""Create the alert sender from the operator's settings."""

from __future__ import annotations

from collections.abc import Sequence

from roomread.services.alerts.endpoints import parse_endpoint
from roomread.services.alerts.mqtt import MqttTopic
from roomread.services.alerts.sender import AlertSender, AlertTarget
from roomread.services.alerts.webhook import Webhook, parse_secret


def alert_sender(urls: Sequence[str], *, secret: str, private: bool) -> AlertSender:
    """Return a sender that delivers alerts to all URLs.

    Args:
        urls: The URLs of the webhooks and MQTT topics; may be empty.
        secret: The secret with which requests to webhooks are signed; see `parse_secret`. It may be
            empty if there are only MQTT topics.
        private: Whether host names may resolve to addresses in a private network. Use False for a
            service that other people use, because they must not reach the operator's network.

    Raises:
        RoomreadError: A URL or the secret is invalid.
        MissingExtraError: A URL names an MQTT topic, and the extra `mqtt` is not installed.
    """
    return AlertSender([_target(url, secret, private=private) for url in urls])


def _target(url: str, secret: str, *, private: bool) -> AlertTarget:
    endpoint = parse_endpoint(url)
    if endpoint.scheme in ("mqtt", "mqtts"):
        return MqttTopic(endpoint, private=private)
    return Webhook(endpoint, parse_secret(secret), private=private)
