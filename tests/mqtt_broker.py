"""A fake MQTT broker for one client at a time, which records the published messages."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_CONNECT, _PUBLISH, _DISCONNECT = 1, 3, 14


@dataclass
class Broker:
    """A fake broker, with what it received and how it answers.

    Attributes:
        port: The TCP port on which it listens.
        refuses: The return codes for the next connections; afterwards 0, which accepts them.
        silent: Whether published messages are never acknowledged.
        users: The user and password of each connection.
        published: The topic and payload of each message.
    """

    port: int = 0
    refuses: list[int] = field(default_factory=list)
    silent: bool = False
    users: list[tuple[str, str]] = field(default_factory=list)
    published: list[tuple[str, bytes]] = field(default_factory=list)

    def serve(self, client: socket.socket) -> None:
        """Answer the packets of one client until it disconnects."""
        with client:
            while (packet := _read_packet(client)) is not None:
                kind, content = packet
                if kind == _CONNECT:
                    self.users.append(_credentials(content))
                    code = self.refuses.pop(0) if self.refuses else 0
                    client.sendall(bytes([0x20, 2, 0, code]))
                elif kind == _PUBLISH:
                    length = int.from_bytes(content[:2])
                    number = content[2 + length : 4 + length]
                    topic, payload = content[2 : 2 + length].decode(), content[4 + length :]
                    self.published.append((topic, payload))
                    if not self.silent:
                        client.sendall(bytes([0x40, 2]) + number)
                elif kind == _DISCONNECT:
                    return


def _credentials(content: bytes) -> tuple[str, str]:
    """Return the user and the password of a CONNECT packet of version 3.1.1."""
    flags, rest = content[7], content[10:]
    texts = []
    while rest:
        (length,) = struct.unpack("!H", rest[:2])
        texts.append(rest[2 : 2 + length].decode())
        rest = rest[2 + length :]
    return (texts[1], texts[2]) if flags & 0xC0 == 0xC0 else ("", "")


def _read_packet(client: socket.socket) -> tuple[int, bytes] | None:
    with suppress(OSError):
        first = client.recv(1)
        if not first:
            return None
        length = shift = 0
        while True:
            (byte,) = client.recv(1)
            length |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        content = b""
        while len(content) < length:
            content += client.recv(length - len(content))
        return first[0] >> 4, content
    return None


@contextmanager
def broker(context: ssl.SSLContext | None = None) -> Iterator[Broker]:
    """Run a broker on this computer, with TLS if a context is given."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        made = Broker(listening.getsockname()[1])

        def accept() -> None:
            # Closing the listening socket ends the loop.
            with suppress(OSError):
                while True:
                    client, _ = listening.accept()
                    client.settimeout(10)
                    with suppress(ssl.SSLError):
                        encrypted = context and context.wrap_socket(client, server_side=True)
                        made.serve(encrypted or client)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield made
        finally:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()
            thread.join()
