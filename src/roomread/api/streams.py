"""Responses that always release their resources.

The resources are released even if the client disconnects before the response begins.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

from anyio import CancelScope
from starlette.responses import FileResponse, StreamingResponse
from starlette.types import Receive, Scope, Send


class ReleasingStream(StreamingResponse):
    """A streamed response that releases its resources even if it cannot be sent.

    Starlette leaves the iterator of a disconnected client to the garbage collector, and a
    generator that was never started does not run its `finally` block.

    Args:
        pieces: The generator of the body's chunks, which is closed at the end.
        status_code: The HTTP status.
        headers: Further headers.
        media_type: The media type of the body.
        release: Called at the end, even if `pieces` was never started.
    """

    def __init__(
        self,
        pieces: AsyncGenerator[str | bytes, None],
        status_code: int = 200,
        headers: dict[str, str] | None = None,
        *,
        media_type: str,
        release: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        super().__init__(pieces, status_code, headers, media_type)
        self._pieces, self._release = pieces, release

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            with CancelScope(shield=True):
                await self._pieces.aclose()
                if self._release is not None:
                    await self._release()


class TemporaryFileResponse(FileResponse):
    """A response with a file that is deleted at the end, even if it cannot be sent.

    A background task would not run for a request whose `Range` is malformed.

    Args:
        path: The file.
        media_type: The media type of the file.
        release: Called once the file is deleted.
    """

    def __init__(self, path: Path, *, media_type: str, release: Callable[[], None]) -> None:
        super().__init__(path, media_type=media_type)
        self._temporary, self._release = path, release

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._temporary.unlink(missing_ok=True)
            self._release()
