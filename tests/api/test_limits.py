from __future__ import annotations

import asyncio
import errno
import json
from collections.abc import Iterable
from typing import Any

import pytest

pytest.importorskip("starlette", reason="needs the app extra")

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from roomread.api import limits
from roomread.api.limits import Body, BodyLimits
from roomread.services.accounts import Principal
from roomread.services.shares import ByteBudget, SharedSlots, WeightedTurns

CAP = 1000


class Sender:
    """A client that sends a body in chunks and records the messages of the response."""

    def __init__(self, pieces: Iterable[bytes], *, length: int | None = None) -> None:
        pieces = list(pieces)
        self._messages: list[Message] = [
            {"type": "http.request", "body": piece, "more_body": n < len(pieces) - 1}
            for n, piece in enumerate(pieces)
        ]
        self._length = length
        self.answers: list[dict[str, Any]] = []

    async def receive(self) -> Message:
        if not self._messages:
            await asyncio.Event().wait()
        return self._messages.pop(0)

    async def send(self, message: Message) -> None:
        self.answers.append(dict(message))

    def scope(
        self, method: str = "POST", path: str = "/api/v1/analyze", who: str | None = "key:1"
    ) -> Scope:
        headers = [] if self._length is None else [(b"content-length", b"%d" % self._length)]
        principal = Principal(who, frozenset()) if who is not None else None
        return {
            "type": "http",
            "method": method,
            "path": path,
            "headers": headers,
            "client": ("192.0.2.1", 1),
            "state": {"principal": principal},
        }

    @property
    def status(self) -> int:
        return int(self.answers[0]["status"])

    @property
    def problem(self) -> str:
        detail: str = json.loads(self.answers[1]["body"])["detail"]
        return detail


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Respond with the body of the request."""
    del scope
    body, more = b"", True
    while more:
        message = await receive()
        body += message["body"]
        more = message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def body_limit(app: ASGIApp = echo, *, cap: int = CAP, **limits: Any) -> Body:
    return Body(
        app,
        cap=lambda path: cap if path.startswith("/api") else 1,
        streams=lambda path: path.endswith("/videos"),
        limits=BodyLimits(**limits),
    )


def slots(number: int, *, share: float = 1.0) -> SharedSlots:
    return SharedSlots(number, share=share, what="requests")


def ask(middleware: Body, sender: Sender, **scope: str) -> Sender:
    asyncio.run(middleware(sender.scope(**scope), sender.receive, sender.send))
    return sender


def test_body_within_the_limit_reaches_the_application() -> None:
    sender = ask(body_limit(), Sender([b"a" * 600, b"b" * 400]))
    assert sender.status == 200
    assert sender.answers[1]["body"] == b"a" * 600 + b"b" * 400


def test_request_with_a_too_large_content_length_is_refused_before_its_body_is_read() -> None:
    sender = ask(body_limit(), Sender([], length=CAP + 1))
    assert sender.status == 413
    assert "over 0.001 MB" in sender.problem


def test_body_without_a_content_length_is_refused_once_it_exceeds_the_limit() -> None:
    assert ask(body_limit(), Sender([b"a" * 600, b"b" * 401])).status == 413


def test_body_size_limit_depends_on_the_path() -> None:
    assert ask(body_limit(), Sender([b"ab"]), path="/page").status == 413


def test_request_without_a_body_is_not_counted_by_the_concurrency_limit() -> None:
    sender = ask(body_limit(members=slots(0)), Sender([b""]), method="GET")
    assert sender.status == 200


def test_body_over_the_concurrency_limit_is_refused_as_busy() -> None:
    sender = ask(body_limit(members=slots(0)), Sender([b"a", b"b"]))
    assert sender.status == 503
    assert (b"retry-after", b"2") in sender.answers[0]["headers"]


def test_body_received_in_one_chunk_is_not_counted_by_the_concurrency_limit() -> None:
    assert ask(body_limit(members=slots(0)), Sender([b"a"])).status == 200


@pytest.mark.parametrize("path", ["/api/v1/analyze", "/api/v1/videos"])
def test_concurrency_slot_of_a_refused_body_is_released(path: str) -> None:
    middleware = body_limit(members=slots(1))
    assert ask(middleware, Sender([b"a" * 600, b"a" * 600]), path=path).status == 413
    assert ask(middleware, Sender([b"a", b"b"]), path=path).status == 200


def test_senders_that_send_no_data_are_not_counted_by_the_concurrency_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "_FIRST_SECONDS", 0.2)
    middleware = body_limit(members=slots(1))
    silent = [Sender([], length=100) for _ in range(40)]
    busy = Sender([b"a", b"b"])

    async def both() -> None:
        held = [asyncio.ensure_future(middleware(s.scope(), s.receive, s.send)) for s in silent]
        await asyncio.sleep(0)
        await middleware(busy.scope(), busy.receive, busy.send)
        assert busy.status == 200
        assert not any(s.answers for s in silent)
        await asyncio.gather(*held)

    asyncio.run(both())
    assert {sender.status for sender in silent} == {408}


def test_neither_one_api_key_nor_signed_out_senders_can_use_all_concurrency_slots() -> None:
    middleware = body_limit(members=slots(4, share=0.5), strangers=slots(1))

    class Slow(Sender):
        """A client that sends its last chunk only when an event is set."""

        async def receive(self) -> Message:
            message = await super().receive()
            if not message["more_body"]:
                await self.waits.wait()
            return message

        waits: asyncio.Event

    async def run() -> None:
        waits = asyncio.Event()
        senders = [Slow([b"a", b"b"]) for _ in range(7)]
        names = ["key:1"] * 3 + ["key:2"] + [None] * 2 + ["key:3"]
        tasks = []
        for sender, who in zip(senders, names, strict=True):
            sender.waits = waits
            scope = sender.scope(who=who)
            tasks.append(asyncio.ensure_future(middleware(scope, sender.receive, sender.send)))
        await asyncio.sleep(0.05)
        waits.set()
        await asyncio.gather(*tasks)
        assert [sender.status for sender in senders] == [200, 200, 503, 200, 200, 503, 200]

    asyncio.run(run())


class _BudgetProbe:
    """An application that echoes the body and records how much of the budgets is in use."""

    def __init__(self) -> None:
        self.memory = ByteBudget(600_000, share=1.0)
        self.disk = ByteBudget(10_000_000, share=1.0)
        self.taken: tuple[int, int] = (0, 0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.taken = self.memory.taken, self.disk.taken
        await echo(scope, receive, send)


@pytest.mark.parametrize(
    ("pieces", "in_memory", "on_disk"), [(9, 540_000, 0), (12, 0, 660_000), (40, 0, 2_400_000)]
)
def test_body_beyond_the_memory_budget_is_kept_on_disk_and_arrives_unchanged(
    pieces: int, in_memory: int, on_disk: int
) -> None:
    app = _BudgetProbe()
    middleware = body_limit(app, cap=10_000_000, memory=app.memory, disk=app.disk)
    body = [bytes([n]) * 60_000 for n in range(pieces)]
    sender = ask(middleware, Sender(body))
    assert sender.status == 200
    assert sender.answers[1]["body"] == b"".join(body)
    memory, disk = app.taken
    assert memory == in_memory
    assert disk >= on_disk - 300_000 if on_disk else disk == 0
    assert (app.memory.taken, app.disk.taken) == (0, 0)


def test_body_beyond_the_disk_budget_is_refused_as_busy() -> None:
    middleware = body_limit(cap=10_000_000, memory=ByteBudget(0), disk=ByteBudget(500_000))
    sender = ask(middleware, Sender([b"a" * 200_000] * 4))
    assert sender.status == 503


def test_full_temporary_folder_is_answered_with_status_507(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("roomread.api.limits.tempfile.TemporaryFile", full)
    middleware = body_limit(cap=10_000_000, memory=ByteBudget(0))
    assert ask(middleware, Sender([b"a" * 200_000] * 4)).status == 507


def test_incomplete_body_does_not_reach_the_application() -> None:
    class Gone(Sender):
        async def receive(self) -> Message:
            message = await super().receive()
            return message if message["more_body"] else {"type": "http.disconnect"}

    sender = Gone([b"a", b"b"])
    assert ask(body_limit(), sender).status == 400


def test_large_bodies_sent_with_one_api_key_do_not_delay_requests_with_another_key() -> None:
    order: list[str] = []

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        who = scope["state"]["principal"].id
        order.append(f"{who} begins")
        await asyncio.sleep(0.05 if who == "key:2" else 0.2)
        order.append(f"{who} ends")
        await echo(scope, receive, send)

    turns = WeightedTurns(5_000_000, share=3_000_000)
    middleware = body_limit(slow, cap=10_000_000, processed=turns)

    async def run() -> None:
        senders = [Sender([b"a" * 2_000_000, b"b"]) for _ in range(4)]
        names = ["key:1", "key:1", "key:1", "key:2"]
        await asyncio.gather(
            *(
                middleware(sender.scope(who=who), sender.receive, sender.send)
                for sender, who in zip(senders, names, strict=True)
            )
        )
        assert [sender.status for sender in senders] == [200] * 4

    asyncio.run(run())
    assert order[:3] == ["key:1 begins", "key:2 begins", "key:2 ends"]


def test_large_body_is_dropped_if_its_sender_disconnects_before_it_is_processed() -> None:
    read: list[int] = []
    turns = WeightedTurns(3_000_000, share=3_000_000)

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        read.append(1)
        await asyncio.sleep(0.1)
        await echo(scope, receive, send)

    class Leaving(Sender):
        async def receive(self) -> Message:
            return await super().receive() if self._messages else {"type": "http.disconnect"}

    async def run() -> None:
        middleware = body_limit(slow, cap=10_000_000, processed=turns)
        body = [b"a" * 2_000_000, b"b"]
        senders = [Sender(body), Leaving(body), Leaving(body), Sender(body)]
        await asyncio.gather(
            *(middleware(sender.scope(), sender.receive, sender.send) for sender in senders)
        )
        assert [sender.status for sender in senders] == [200, 400, 400, 200]
        assert "disconnected" in senders[1].problem

    asyncio.run(run())
    assert len(read) == 2
    # Senders that disconnected neither wait for a turn nor occupy one.
    assert not turns._waiting
    assert not turns._running


def test_sender_that_pauses_for_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_SILENCE_SECONDS", 0.01)

    class Pausing(Sender):
        async def receive(self) -> Message:
            return await super().receive() if len(self._messages) > 1 else await self._forever()

        async def _forever(self) -> Message:
            return await asyncio.Event().wait()  # type: ignore[return-value]

    sender = Pausing([b"a", b"b"])
    assert ask(body_limit(), sender).status == 408


def test_slow_sender_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    # Allow no time in addition to the size of the body over the minimum rate.
    monkeypatch.setattr(limits, "_GRACE_SECONDS", 0.0)
    monkeypatch.setattr(limits, "_MIN_RATE", 1e12)
    assert ask(body_limit(), Sender([b"a", b"b"])).status == 408
