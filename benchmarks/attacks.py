"""Attack a service that is started for it, and measure the effect on another principal.

    python benchmarks/attacks.py [NAME ...]

Each attack starts `roomread serve --sign-in` on a free port of the loopback interface, holds its
attack for a bounded time with the key of one principal or with none, and meanwhile asks as another
principal. It prints the longest time that an answer took, the answers that were refused, the
memory that all processes of the service took on top, and how much of it was left ten seconds later.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import websockets
from PIL import Image

from roomread.services.accounts import Accounts, Scope
from roomread.services.sign_ins import SignIns
from roomread.store import Store

HOLD = 10.0
PASSWORD = "correct horse battery"  # noqa: S105 (of a service that ends with the benchmark)
EXAMPLE = Path(__file__).parent.parent / "examples" / "astronaut.jpg"
FRAME = {"schema_version": 1, "faces": []}


@dataclass
class Target:
    """A running service, and the credentials to it.

    Attributes:
        url: The URL of the service.
        folder: The folder of the service's data.
        pid: The id of the service's main process.
        attacker: The headers of the principal that attacks.
        victim: The headers of the principal that is measured.
        cookie: The cookie of a user who signed in before the attack.
    """

    url: str
    folder: Path
    pid: int
    attacker: dict[str, str]
    victim: dict[str, str]
    cookie: dict[str, str]

    @property
    def place(self) -> tuple[str, int]:
        """The host and the port of the service."""
        parts = urlsplit(self.url)
        return str(parts.hostname), int(parts.port or 0)

    @property
    def socket_url(self) -> str:
        """The URL of the service for WebSockets."""
        return self.url.replace("http", "ws", 1)

    def memory(self) -> float:
        """Return the resident memory of the service and its workers, MB."""
        return sum(_resident(pid) for pid in _family(self.pid)) / 1e6


@dataclass
class Noticed:
    """The effects of an attack on another principal.

    Attributes:
        longest: The longest time of an answer, s.
        statuses: The number of answers by status.
        notes: Further figures of one attack.
    """

    longest: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


Attack = Callable[[Target, Noticed], Awaitable[None]]
ATTACKS: dict[str, tuple[Attack, int | None]] = {}


def attack(function: Attack) -> Attack:
    """Add an attack to the table."""
    ATTACKS[function.__name__] = (function, None)
    return function


@attack
async def silent_posts(target: Target, _noticed: Noticed) -> None:
    """Announce 40 bodies with a key, and 40 without one, and send nothing."""
    heads = [
        _head("POST", "/api/v1/analyze", target.attacker, length=100),
        _head("POST", "/sign-in", {}, length=100),
    ]
    await _hold(target, [heads[n % 2] for n in range(80)])


@attack
async def unfinished_bodies(target: Target, _noticed: Noticed) -> None:
    """Send all but the last byte of thirty bodies of 59 MB."""
    body = bytes(59_000_000)
    head = _head("POST", "/api/v1/analyze", target.attacker, length=len(body))
    await _hold(target, [head] * 30, body[:-1])


@attack
async def whole_bodies(target: Target, _noticed: Noticed) -> None:
    """Send twenty JSON bodies of 59 MB at once."""
    body = b'{"pictures": [{"name": "a", "data": "' + b"A" * 58_999_950 + b'"}]}'
    head = _head("POST", "/api/v1/analyze", target.attacker, length=len(body), json=True)
    await _hold(target, [head] * 20, body)


@attack
async def socket_messages(target: Target, _noticed: Noticed) -> None:
    """Leave twenty messages of 19 MB unfinished over the web app's and the API's sockets."""
    session = await _make_session(target, target.attacker)
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


@attack
async def message_flood(target: Target, noticed: Noticed) -> None:
    """Send readings over one socket as fast as they are answered, and frames over another."""
    session = await _make_session(target, target.attacker)
    end, sent = time.monotonic() + HOLD, 0

    async def readings() -> None:
        nonlocal sent
        address = f"{target.socket_url}/api/v1/sessions/{session}/readings"
        async with websockets.connect(address, additional_headers=target.attacker) as socket:
            while time.monotonic() < end:
                # Repeated, which is answered without a write.
                await socket.send('{"schema_version": 1, "time": 1.0, "faces": []}')
                await socket.recv()
                sent += 1

    await asyncio.gather(*(readings() for _ in range(8)))
    noticed.notes.append(f"{sent / HOLD:.0f} messages/s taken")


@attack
async def sockets(target: Target, noticed: Noticed) -> None:
    """Open eighty sockets for readings with one key; then the victim opens one."""
    sessions = [await _make_session(target, who) for who in (target.attacker, target.victim)]
    paths = [f"/api/v1/sessions/{session}/readings" for session in sessions]
    await _take_all(target, noticed, paths[0], paths[1], count=80)


@attack
async def cameras(target: Target, noticed: Noticed) -> None:
    """Open twenty live cameras with one key; then the victim opens one."""
    await _take_all(target, noticed, "/api/v1/live", "/api/v1/live", count=20)


@attack
async def decoders(target: Target, noticed: Noticed) -> None:
    """Send a progressive JPEG of 49 megapixels and 500 scans in twelve requests at a time."""
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


@attack
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


@attack
async def sign_ins(target: Target, noticed: Noticed) -> None:
    """Sign one user in 1,100 times without a password; another user is signed in already."""
    store = Store(f"sqlite:///{target.folder / 'data' / 'roomread.db'}")
    taken = SignIns(store.accounts)
    for n in range(1100):
        taken.begin("user:attacker", time.time() + n / 1e4)
    store.close()
    async with httpx.AsyncClient(cookies=target.cookie) as http:
        answer = await http.get(f"{target.url}/api/v1/sessions")
    noticed.notes.append(f"other user's page: {answer.status_code}")


@attack
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


@attack
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


ATTACKS["silent_connections"] = (silent_connections, 256)
_UPGRADE = (
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


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
    """Send requests over connections of their own, and hold these for a while."""

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


async def _make_session(target: Target, headers: dict[str, str]) -> str:
    async with httpx.AsyncClient(headers=headers) as http:
        made = await http.post(f"{target.url}/api/v1/sessions", json={"name": "Algebra"})
        session: str = made.json()["id"]
        return session


def _is_open(writer: asyncio.StreamWriter) -> bool:
    reader = writer._transport.get_protocol()._stream_reader  # type: ignore[attr-defined]  # noqa: SLF001
    return not reader.at_eof() and not writer.is_closing()


def many_scans(width: int, height: int, *, scans: int) -> bytes:
    """Return a progressive JPEG whose last scan is repeated, which each time visits every block."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), "grey").save(file, "JPEG", progressive=True)
    content = file.getvalue()
    last = content.rindex(b"\xff\xda")
    return content[:-2] + content[last:-2] * scans + content[-2:]


async def _ask_as_victim(target: Target, noticed: Noticed, session: str) -> None:
    """Ask for a list, send a reading and read a picture, again and again."""
    picture = EXAMPLE.read_bytes()
    moment = time.monotonic()
    async with httpx.AsyncClient(headers=target.victim, timeout=60) as http:
        while True:
            moment += 1.0
            for request in (
                http.build_request("GET", f"{target.url}/api/v1/sessions"),
                http.build_request(
                    "POST",
                    f"{target.url}/api/v1/sessions/{session}/readings",
                    json=FRAME | {"time": moment},
                ),
                http.build_request("POST", f"{target.url}/api/v1/analyze", content=picture),
            ):
                begun = time.monotonic()
                try:
                    status = (await http.send(request)).status_code
                except httpx.HTTPError:
                    status = 0
                noticed.longest = max(noticed.longest, time.monotonic() - begun)
                noticed.statuses[status] += 1
            await asyncio.sleep(0.2)


async def measure(name: str, target: Target) -> str:
    """Run one attack, and return its row of the table."""
    function, _ = ATTACKS[name]
    calm, noticed = Noticed(), Noticed()
    session = await _make_session(target, target.victim)
    await _beside(_ask_as_victim(target, calm, session), asyncio.sleep(5))
    before = peak = target.memory()

    async def watch() -> None:
        nonlocal peak
        while True:
            peak = max(peak, target.memory())
            await asyncio.sleep(0.1)

    asked = _ask_as_victim(target, noticed, session)
    await _beside(watch(), _beside(asked, function(target, noticed)))
    await asyncio.sleep(10)
    left = target.memory() - before
    refused = {status: n for status, n in noticed.statuses.items() if not 200 <= status < 300}
    asked_times = noticed.statuses.total()
    return (
        f"| {name} | {calm.longest:.2f} | {noticed.longest:.2f} | {refused or 'none'} of "
        f"{asked_times} | {peak - before:.0f} | {left:.0f} | {'; '.join(noticed.notes)} |"
    )


async def _beside(background: Awaitable[None], work: Awaitable[None]) -> None:
    task = asyncio.ensure_future(background)
    try:
        await work
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _family(pid: int) -> Iterator[int]:
    yield pid
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _family(int(child))


def _resident(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * resource.getpagesize()


@contextlib.asynccontextmanager
async def serving(files: int | None) -> AsyncIterator[Target]:
    """Start a service with two keys and two users, and end it with the block."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data").mkdir(mode=0o700)
        store = Store(f"sqlite:///{folder / 'data' / 'roomread.db'}")
        accounts = Accounts(store.accounts)
        keys = [accounts.add_key(who, list(Scope)) for who in ("attacker", "victim")]
        accounts.add_user("victim", PASSWORD, list(Scope))
        store.close()
        own = {"ROOMREAD_DATA_FOLDER": str(folder / "data"), "ROOMREAD_PURPOSE": "research"}
        program = [sys.executable, "-c", "from roomread.entry.main import run; run()"]
        process = subprocess.Popen(  # noqa: ASYNC220 (nothing else runs yet)
            [*program, "serve", "--sign-in", "--port", "0"],
            env=os.environ | own | {"XDG_CONFIG_HOME": name, "HOME": name},
            stderr=(folder / "log").open("wb"),
            preexec_fn=None if files is None else lambda: _limit_files(files),  # noqa: PLW1509
        )
        try:
            url = _wait_for_url(folder / "log")
            headers = [{"Authorization": f"Bearer {key}"} for key in keys]
            form = {"name": "victim", "password": PASSWORD}
            async with httpx.AsyncClient(timeout=60) as http:
                answer = await http.post(f"{url}/sign-in", data=form)
            cookie = dict(answer.cookies)
            yield Target(url, folder, process.pid, headers[0], headers[1], cookie)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _limit_files(files: int) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))


def _wait_for_url(log: Path) -> str:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        found = re.search(r"https?://[^\s\"]+:\d+", log.read_text())
        if found is not None:
            return found[0]
        time.sleep(0.1)
    raise TimeoutError(log.read_text())


async def main(names: list[str]) -> None:
    """Run the named attacks, or all of them."""
    print("| attack | calm, s | attacked, s | refused | MB added | MB left | notes |")
    print("|---|---|---|---|---|---|---|")
    for name in names or ATTACKS:
        async with serving(ATTACKS[name][1]) as target:
            print(await measure(name, target), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
