"""Streamed responses to clients that disconnect, tested with ASGI messages without a server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, MutableMapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

pytest.importorskip("fastapi", reason="needs the app extra")

from starlette.requests import Request

from roomread.api import rooms
from roomread.api.context import ServiceContext
from roomread.api.streams import ReleasingStream, TemporaryFileResponse
from roomread.errors import BusyError, SessionHeldError
from roomread.services.accounts import Principal
from roomread.services.shares import FairSlots

Message = MutableMapping[str, Any]
PATH = "/api/v1/rooms/0a1b2c3d/events"


def scope(*headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "GET",
        "path": PATH,
        "scheme": "http",
        "headers": list(headers),
        "client": ("192.0.2.7", 5000),
        "asgi": {"spec_version": "2.3"},
    }


async def gone() -> Message:
    """Return the ASGI message of a client that has disconnected."""
    return {"type": "http.disconnect"}


async def waiting() -> Message:
    """Block forever, as `receive` does while the client waits for the response."""
    await asyncio.Event().wait()
    raise AssertionError


class Client:
    """A client that records messages and disconnects after `most` of them."""

    def __init__(self, most: int = 100) -> None:
        self.sent: list[Message] = []
        self._most = most

    async def send(self, message: Message) -> None:
        if len(self.sent) == self._most:
            raise OSError("the client has gone")
        # Yield to the event loop, as a server does that waits for the network.
        await asyncio.sleep(0)
        self.sent.append(message)


class Pieces:
    """A body of two chunks that records whether it is started, closed and released."""

    def __init__(self) -> None:
        self.started = self.ended = self.released = False

    async def stream(self) -> AsyncGenerator[str | bytes, None]:
        self.started = True
        try:
            yield "one"
            yield b"two"
        finally:
            self.ended = True

    async def release(self) -> None:
        self.released = True

    def response(self) -> ReleasingStream:
        return ReleasingStream(self.stream(), media_type="text/plain", release=self.release)


def test_response_stream_is_sent_and_its_resources_are_released() -> None:
    pieces, client = Pieces(), Client()
    asyncio.run(pieces.response()(scope(), waiting, client.send))
    body = b"".join(message.get("body", b"") for message in client.sent)
    assert (body, pieces.ended, pieces.released) == (b"onetwo", True, True)


def test_stream_is_released_if_the_client_disconnects_before_the_response_begins() -> None:
    pieces, client = Pieces(), Client()
    asyncio.run(pieces.response()(scope(), gone, client.send))
    assert (pieces.started, pieces.released) == (False, True)


def test_stream_is_closed_and_released_if_sending_fails() -> None:
    async def run() -> None:
        # The response is still referenced at the check, so that the garbage collector cannot have
        # closed the generator.
        response = pieces.response()
        with pytest.raises(BaseException, match=r"the client has gone|unhandled errors"):
            await response(scope(), waiting, client.send)
        assert (pieces.ended, pieces.released) == (True, True)

    pieces, client = Pieces(), Client(most=2)
    asyncio.run(run())


def test_relayed_event_stream_is_closed_if_the_client_disconnects_before_the_stream_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Answer(Pieces):
        status, media_type = 200, "text/event-stream"
        pieces, close = Pieces.stream, Pieces.release

    async def mine(*_args: object) -> None:
        return None

    async def hold(_room_id: str) -> None:
        raise SessionHeldError("another process holds this room", address="http://192.0.2.1:8501")

    async def relay(*_args: object) -> Answer:
        return answer

    monkeypatch.setattr(rooms, "_mine", mine)
    monkeypatch.setattr(rooms, "relay_stream", relay)
    boards = FairSlots(1, what="boards")
    context = cast(
        "ServiceContext",
        SimpleNamespace(rooms=SimpleNamespace(hold=hold), closing=False, event_streams=boards),
    )
    answer, client = Answer(), Client()

    async def run() -> None:
        anna = cast("Principal", SimpleNamespace(id="user:anna"))
        response = await rooms.events(Request(scope()), context, anna, "0a1b2c3d")
        assert boards.taken == 1
        await response(scope(), gone, client.send)
        assert (answer.started, answer.released, boards.taken) == (False, True, 0)

    asyncio.run(run())


def test_oldest_event_stream_of_a_user_ends_if_another_user_needs_its_concurrency_slot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Room:
        closed = asyncio.Event()

        async def subscribe(self) -> asyncio.Queue[str]:
            queue = asyncio.Queue[str]()
            queue.put_nowait("the past")
            return queue

        def unsubscribe(self, _queue: asyncio.Queue[str]) -> None:
            return None

    async def mine(*_args: object) -> None:
        return None

    async def hold(_room_id: str) -> Room:
        return Room()

    monkeypatch.setattr(rooms, "_mine", mine)
    boards = FairSlots(2, what="boards")
    context = cast(
        "ServiceContext",
        SimpleNamespace(rooms=SimpleNamespace(hold=hold), closing=False, event_streams=boards),
    )

    async def watch(who: str) -> None:
        principal = cast("Principal", SimpleNamespace(id=who))
        response = await rooms.events(Request(scope()), context, principal, "0a1b2c3d")
        await response(scope(), waiting, Client().send)

    async def run() -> None:
        anna = [asyncio.create_task(watch("user:anna")) for _ in range(2)]
        await asyncio.sleep(0.05)
        with pytest.raises(BusyError):
            await watch("user:anna")
        ben = asyncio.create_task(watch("user:ben"))
        # The oldest board of the principal with the most boards is closed.
        await asyncio.wait_for(anna[0], 5)
        assert boards.taken == 2
        assert not ben.done()
        for task in (anna[1], ben):
            task.cancel()
        await asyncio.gather(anna[1], ben, return_exceptions=True)
        assert boards.taken == 0

    asyncio.run(run())


@pytest.mark.parametrize(
    "requested",
    [(), ((b"range", b"bytes=0-2"),), ((b"range", b"bytes=x"),), ((b"range", b"bytes=99-"),)],
)
def test_temporary_file_is_deleted_after_it_is_sent_or_the_requested_range_is_refused(
    requested: tuple[tuple[bytes, bytes], ...], tmp_path: Path
) -> None:
    path = tmp_path / "lesson.csv"
    path.write_text("a lesson")
    client = Client()
    released: list[bool] = []
    response = TemporaryFileResponse(
        path, media_type="text/csv", release=lambda: released.append(path.exists())
    )
    asyncio.run(response(scope(*requested), waiting, client.send))
    assert released == [False]
    assert client.sent[0]["status"] in (200, 206, 400, 416)
    assert not path.exists()


def test_temporary_file_is_deleted_if_the_client_disconnects(tmp_path: Path) -> None:
    path = tmp_path / "lesson.csv"
    path.write_text("a lesson")
    released: list[bool] = []
    response = TemporaryFileResponse(
        path, media_type="text/csv", release=lambda: released.append(path.exists())
    )
    asyncio.run(response(scope(), gone, Client().send))
    assert released == [False]
