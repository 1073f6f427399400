"""Send the alerts of a room to other programs by signed webhooks and by MQTT."""

from roomread.services.alerts.event import AlertEvent
from roomread.services.alerts.sender import AlertSender, AlertTarget, Backoff, DeliveryError
from roomread.services.alerts.targets import alert_sender

__all__ = [
    "AlertEvent",
    "AlertSender",
    "AlertTarget",
    "Backoff",
    "DeliveryError",
    "alert_sender",
]
