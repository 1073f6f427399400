"""Start a service to attack, and measure the effect of an attack on another principal."""

from __future__ import annotations

import asyncio
import contextlib
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

from roomread.services.accounts import Accounts, Scope
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
        attacker_cookie: The cookie of the attacker, who has signed in too.
    """

    url: str
    folder: Path
    pid: int
    attacker: dict[str, str]
    victim: dict[str, str]
    cookie: dict[str, str]
    attacker_cookie: dict[str, str]

    @property
    def place(self) -> tuple[str, int]:
        """The host and the port of the service."""
        parts = urlsplit(self.url)
        return str(parts.hostname), int(parts.port or 0)

    @property
    def socket_url(self) -> str:
        """The URL of the service for WebSockets."""
        return self.url.replace("http", "ws", 1)

    @property
    def database(self) -> Path:
        """The SQLite file of the service."""
        return self.folder / "data" / "roomread.db"

    def memory(self) -> float:
        """Return the resident memory of the service and its workers, MB."""
        return sum(_resident(pid) for pid in _family(self.pid)) / 1e6


@dataclass
class Noticed:
    """The effects of an attack on another principal.

    Attributes:
        longest: The longest time of a response, s.
        statuses: The number of responses by status.
        own: The memory that the victim's own work needs without an attack, MB.
        notes: Further measurements of one attack.
    """

    longest: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    own: float = 0.0
    notes: list[str] = field(default_factory=list)


Attack = Callable[[Target, Noticed], Awaitable[None]]


async def make_session(target: Target, headers: dict[str, str]) -> str:
    """Create a session of a principal, and return its id."""
    async with httpx.AsyncClient(headers=headers) as http:
        made = await http.post(f"{target.url}/api/v1/sessions", json={"name": "Algebra"})
        session: str = made.json()["id"]
        return session


async def _ask_as_victim(target: Target, noticed: Noticed, session: str) -> None:
    """Request a list, send a reading and analyse a picture, repeatedly."""
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


async def measure(attack: Attack, target: Target) -> str:
    """Run one attack, and return its row of the table."""
    calm, noticed = Noticed(), Noticed()
    session = await make_session(target, target.victim)
    await _beside(_ask_as_victim(target, calm, session), asyncio.sleep(5))
    before = peak = target.memory()

    async def watch() -> None:
        nonlocal peak
        while True:
            peak = max(peak, target.memory())
            await asyncio.sleep(0.1)

    asked = _ask_as_victim(target, noticed, session)
    await _beside(watch(), _beside(asked, attack(target, noticed)))
    await asyncio.sleep(10)
    left = target.memory() - before
    refused = {status: n for status, n in noticed.statuses.items() if not 200 <= status < 300}
    asked_times = noticed.statuses.total()
    added = max(peak - before - noticed.own, 0)
    return (
        f"{calm.longest:.2f} | {noticed.longest:.2f} | {refused or 'none'} of "
        f"{asked_times} | {added:.0f} | {left:.0f} | {'; '.join(noticed.notes)}"
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
    """Start a service with two keys and two users, and stop it at the end of the `with` block."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data").mkdir(mode=0o700)
        store = Store(f"sqlite:///{folder / 'data' / 'roomread.db'}")
        accounts = Accounts(store.accounts)
        keys = [accounts.add_key(who, list(Scope)) for who in ("attacker", "victim")]
        for who in ("attacker", "victim"):
            accounts.add_user(who, PASSWORD, list(Scope))
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
            cookies = [await _sign_in(url, who) for who in ("victim", "attacker")]
            yield Target(url, folder, process.pid, *headers, *cookies)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


async def _sign_in(url: str, name: str) -> dict[str, str]:
    async with httpx.AsyncClient(timeout=60) as http:
        form = {"name": name, "password": PASSWORD}
        return dict((await http.post(f"{url}/sign-in", data=form)).cookies)


def _limit_files(files: int) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))


def _wait_for_url(log: Path) -> str:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        found = re.search(r"https?://[^\s\"]+:\d+", log.read_text())
        if found is not None:
            return found[0]
        time.sleep(0.1)
    raise TimeoutError(log.read_text())
