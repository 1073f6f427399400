"""Parse the URLs to which alerts are sent, and resolve their hosts to permitted addresses."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from urllib.parse import unquote, urlsplit

from roomread.errors import RoomreadError
from roomread.services.alerts.sender import DeliveryError
from roomread.settings.addresses import is_loopback

# The default port of each scheme, and whether it is encrypted.
SCHEMES: Mapping[str, tuple[int, bool]] = {
    "http": (80, False),
    "https": (443, True),
    "mqtt": (1883, False),
    "mqtts": (8883, True),
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The parts of a URL to which alerts are sent.

    Attributes:
        scheme: One of `SCHEMES`.
        host: The name or address of the computer.
        port: The TCP port.
        path: The path and the query, which may be secret.
        user: The user name; empty if the URL has none.
        password: The password; empty if the URL has none.
    """

    scheme: str
    host: str
    port: int
    path: str = field(repr=False)
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def encrypted(self) -> bool:
        """Whether the connection is encrypted."""
        return SCHEMES[self.scheme][1]

    @property
    def name(self) -> str:
        """The scheme, host and port, which are not secret."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = self.port == SCHEMES[self.scheme][0]
        return f"{self.scheme}://{host}" if usual else f"{self.scheme}://{host}:{self.port}"


def parse_endpoint(url: str) -> Endpoint:
    """Return the parts of a URL to which alerts are sent.

    Raises:
        RoomreadError: The URL is incomplete, its scheme is not one of `SCHEMES`, or alerts would
            be sent unencrypted to another computer. The message contains neither the path nor the
            credentials of the URL.
    """
    if "#" in url:
        raise RoomreadError(
            "the URL for alerts contains a #",
            hint="leave out the #, or write %23 for a # in a password",
        )
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise RoomreadError(
            "the URL for alerts cannot be parsed",
            hint="write https://host/path or mqtts://host/topic",
        ) from error
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise RoomreadError(
            "the URL for alerts is not a URL of a webhook or an MQTT broker",
            hint="write https://host/path or mqtts://host/topic",
        )
    usual, encrypted = SCHEMES[parts.scheme]
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    endpoint = Endpoint(parts.scheme, parts.hostname, port or usual, path, user, password)
    if not encrypted and not is_loopback(endpoint.host):
        raise RoomreadError(
            f"{endpoint.name} would receive alerts unencrypted",
            hint=f"write {endpoint.scheme}s://, or use {endpoint.scheme}:// to this computer only",
        )
    return endpoint


def resolve(endpoint: Endpoint, *, private: bool) -> str:
    """Return the IP address of an endpoint.

    Args:
        endpoint: The endpoint to connect to.
        private: Whether the host name may resolve to an address in a private network or of this
            computer.

    Raises:
        DeliveryError: The name cannot be resolved, or resolves to forbidden addresses only.
    """
    try:
        found = socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise DeliveryError(f"{endpoint.host}: the host name cannot be resolved") from error
    addresses = [str(entry[4][0]) for entry in found]
    if is_loopback(endpoint.host):
        addresses = [address for address in addresses if is_loopback(address)]
    elif not private:
        addresses = [address for address in addresses if _is_public(address)]
    if not addresses:
        raise DeliveryError(
            f"{endpoint.host}: has no permitted address, for example because the host is in a "
            "private network",
            final=True,
        )
    return addresses[0]


def _is_public(text: str) -> bool:
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_global and not address.is_multicast
