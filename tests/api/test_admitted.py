"""Messages of a WebSocket are received only while its sender is admitted."""

from __future__ import annotations

import asyncio

import pytest

pytest.importorskip("starlette", reason="needs the app extra")

from starlette.types import Message

from roomread.api import admitted as admitted_module
from roomread.api.admitted import AdmittedReceive


@pytest.mark.parametrize("is_admitted", [True, False])
def test_messages_are_received_while_the_access_of_their_sender_is_checked(
    monkeypatch: pytest.MonkeyPatch, *, is_admitted: bool
) -> None:
    monkeypatch.setattr(admitted_module, "_CHECK_PERIOD", 0.0)

    async def run() -> None:
        checked = asyncio.Event()

        async def receive() -> Message:
            return {"type": "websocket.receive", "text": "a"}

        async def check() -> bool:
            await checked.wait()
            return is_admitted

        admitted = AdmittedReceive(receive, check, lambda: False)
        async with asyncio.timeout(10):
            for _ in range(3):
                assert (await admitted())["type"] == "websocket.receive"
            checked.set()
            kinds = [(await admitted())["type"] for _ in range(10)]
        assert ("websocket.disconnect" in kinds) is not is_admitted
        assert admitted.ended is not is_admitted
        admitted.end()

    asyncio.run(run())
