"""Relay the long-lived connections of a room to the process that holds the room."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import h11
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from roomread.errors import BusyError
from roomread.services.forwarding import ReceivedRequest

_CONNECT_SECONDS = 10.0
# Maximum time without data, s. The other process sends a comment once a second.
_SILENCE_SECONDS = 10.0
_CHUNK = 64 * 1024


@dataclass(slots=True)
class RelayedAnswer:
    """A streamed response of the other process.

    Attributes:
        status: The HTTP status.
        media_type: The media type of the body.
    """

    status: int
    media_type: str
    _connection: h11.Connection
    _reader: asyncio.StreamReader
    _writer: asyncio.StreamWriter

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """Yield the chunks of the body as they arrive, until the body or the connection ends."""
        with suppress(OSError, TimeoutError, h11.RemoteProtocolError):
            while isinstance(event := await _next_event(self._connection, self._reader), h11.Data):
                yield bytes(event.data)

    async def close(self) -> None:
        """Close the connection to the other process."""
        await _close(self._writer)


async def relay_stream(address: str, request: ReceivedRequest) -> RelayedAnswer:
    """Forward a GET request whose response does not end, and return the response.

    Args:
        address: The URL of the other process.
        request: The request.

    Returns:
        The response, which the caller closes.

    Raises:
        BusyError: The request was already forwarded once, or the other process does not respond.
    """
    headers = request.forwarded_headers()
    parts = urlsplit(address)
    if not parts.hostname:
        # Without a host asyncio would connect to this computer.
        raise _no_response()
    headers.setdefault("host", parts.netloc)
    secure = ssl.create_default_context() if parts.scheme == "https" else None
    port = parts.port or (443 if secure else 80)
    with _as_busy():
        async with asyncio.timeout(_CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=secure)
        try:
            connection = h11.Connection(h11.CLIENT)
            begin = h11.Request(
                method=request.method, target=request.path, headers=list(headers.items())
            )
            writer.write(connection.send(begin) or b"")
            writer.write(connection.send(h11.EndOfMessage()) or b"")
            answer = await _next_event(connection, reader)
        except BaseException:
            await _close(writer)
            raise
    if not isinstance(answer, h11.Response):
        await _close(writer)
        raise _no_response()
    types = [value.decode() for name, value in answer.headers if name == b"content-type"]
    media_type = types[0] if types else "application/octet-stream"
    return RelayedAnswer(answer.status_code, media_type, connection, reader, writer)


async def _next_event(connection: h11.Connection, reader: asyncio.StreamReader) -> object:
    while (event := connection.next_event()) is h11.NEED_DATA:
        async with asyncio.timeout(_SILENCE_SECONDS):
            connection.receive_data(await reader.read(_CHUNK))
    return event


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


@asynccontextmanager
async def relay_socket(
    address: str, request: ReceivedRequest, protocol: str
) -> AsyncIterator[ClientConnection]:
    """Open a WebSocket to the process that holds a room, for the sender of a request.

    Args:
        address: The URL of the other process.
        request: The request that opened the WebSocket here.
        protocol: The WebSocket subprotocol to request.

    Raises:
        BusyError: The request was already forwarded once, or the other process does not respond.
    """
    headers = request.forwarded_headers()
    # Let the library send the host of the other process. The original host is needed for links
    # only, and no message contains a link.
    headers.pop("host", None)
    url = f"{address.replace('http', 'ws', 1)}{request.path}"
    with _as_busy():
        socket = await connect(
            url,
            additional_headers=headers,
            subprotocols=[Subprotocol(protocol)],
            open_timeout=_CONNECT_SECONDS,
            user_agent_header=None,
            proxy=None,
        )
    async with socket:
        yield socket


@contextmanager
def _as_busy() -> Iterator[None]:
    """Convert failures of a connection to another process into a `BusyError`."""
    try:
        yield
    except (OSError, TimeoutError, ValueError, h11.ProtocolError, WebSocketException) as error:
        raise _no_response() from error


def _no_response() -> BusyError:
    return BusyError("the process that holds this room does not respond")
