"""Run a whole class for half an hour against the service, kill it once, and check what is kept.

    python benchmarks/soak.py [--minutes 30] [--students 50]

`roomread serve --sign-in` is started on a free port of the loopback interface. Each simulated
student sends a frame twice a second over a WebSocket into a session, and reconnects after pauses of
1, 10 and 60 s. Two browsers open the pages, and one client has pictures analyzed. In the middle the
service is killed by SIGKILL and started again. At the end the sessions are compared with the
acknowledged frames. The exit status is 1 if a bound was missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from playwright.async_api import Browser, async_playwright
from playwright.async_api import Error as BrowserError
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from roomread.services.accounts import Accounts, Scope
from roomread.store import Store
from soaked_service import OwnDelays, Service

EXAMPLE = Path(__file__).parent.parent / "examples" / "astronaut.jpg"
PASSWORD = "correct horse battery"  # noqa: S105 (of a service that ends with the benchmark)
PERIOD, PAUSES = 0.5, (1.0, 10.0, 60.0)
P99_MS, GROWTH, OWN_DELAY = 150.0, 0.05, 0.05
SCORES = dict.fromkeys(("angry", "disgust", "fear", "sad", "surprise"), 0.0)
SCORES |= {"happy": 0.9, "neutral": 0.1}
FACE = {
    "track_id": 1,
    "box": {"left": 10, "top": 10, "right": 90, "bottom": 110},
    "scores": SCORES,
    "unreadable": None,
}


@dataclass
class Soak:
    """The state that all parts of the soak share.

    Attributes:
        service: The service under test.
        end: The time at which the soak ends, by `time.monotonic`, s.
        latencies: The time at which each frame was sent, and the time to its acknowledgement, s.
        own: The delays of the soak's own tasks.
        statuses: The number of responses by status, including refused WebSockets.
        bad: The number of 5xx responses, except 503 with `Retry-After`.
        unexpected: The number of 4xx responses by request, without requests that Streamlit's page
            sends by design.
        reconnects: The number of reconnections by the pause before them, s; 0 after a failure.
        drawn: The number of pages that a browser rendered.
        down: The time from the kill until the service responded again, s; None before.
    """

    service: Service
    end: float
    latencies: list[tuple[float, float]] = field(default_factory=list)
    own: OwnDelays = field(default_factory=OwnDelays)
    statuses: Counter[int] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)
    unexpected: Counter[str] = field(default_factory=Counter)
    reconnects: Counter[float] = field(default_factory=Counter)
    drawn: int = 0
    down: float | None = None

    @property
    def is_over(self) -> bool:
        """Whether the time of the soak has elapsed."""
        return time.monotonic() >= self.end

    def note(self, status: int, headers: object, what: str) -> None:
        """Count a response by its status, and record it if it is unexpected."""
        self.statuses[status] += 1
        retry = str(dict(headers).get("retry-after", "")) if isinstance(headers, dict) else ""
        if status >= 500 and not (status == 503 and retry):
            self.bad.append(f"{status} {what}")
        # A page of Streamlit first looks for its server below its own address.
        expected = status == 404 and re.search(r"/\w+/_stcore/(health|host-config)$", what)
        if 400 <= status < 500 and not expected:
            self.unexpected[f"{status} {what}"] += 1


@dataclass
class Student:
    """A simulated student with a session and its acknowledged frames.

    Attributes:
        soak: The state that all parts share.
        number: The index of the student, from 0.
        key: The key of this student.
        session: The id of the session.
        acknowledged: The times of the frames that the service has accepted, ms.
        pending: The time of the frame that was sent but not acknowledged, ms; it is sent again.
    """

    soak: Soak
    number: int
    key: str
    session: str = ""
    acknowledged: list[int] = field(default_factory=list)
    pending: int | None = None

    async def run(self) -> None:
        """Send frames until the end, with pauses."""
        headers = {"Authorization": f"Bearer {self.key}"}
        await self._pause(0.1 * self.number)
        async with httpx.AsyncClient(base_url=self.soak.service.url, headers=headers) as http:
            asked = {"name": f"Student {self.number}", "consent": "simulated"}
            while not self.session and not self.soak.is_over:
                try:
                    made = await http.post("/api/v1/sessions", json=asked, timeout=60)
                except httpx.TransportError:
                    await asyncio.sleep(1.0)
                    continue
                self.soak.note(made.status_code, dict(made.headers), "sessions")
                if made.status_code == 201:
                    self.session = made.json()["id"]
                else:
                    await asyncio.sleep(float(made.headers.get("retry-after", 1)))
        begun, turn, failures = time.monotonic(), 0, 0
        while not self.soak.is_over:
            stay = 60.0 + 7.0 * (self.number % 9)
            try:
                await self._connected(headers, begun, time.monotonic() + stay)
                failures = 0
            except InvalidStatus as refused:
                answer = refused.response
                lower = {name.lower(): value for name, value in answer.headers.items()}
                self.soak.note(answer.status_code, lower, "WebSocket")
                failures += 1
            except (OSError, ConnectionClosed, InvalidHandshake, TimeoutError):
                failures += 1
            if self.soak.is_over:
                return
            if failures:
                self.soak.reconnects[0.0] += 1
                # As a browser does, and no two of them at once.
                await self._pause(min(2.0**failures, 10.0) * (0.5 + self.number / 100))
                continue
            pause = PAUSES[(self.number + turn) % len(PAUSES)]
            self.soak.reconnects[pause] += 1
            await self._pause(pause)
            turn += 1

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(max(min(seconds, self.soak.end - time.monotonic()), 0.0))

    async def _connected(self, headers: dict[str, str], begun: float, until: float) -> None:
        url = self.soak.service.url.replace("http", "ws")
        path = f"{url}/api/v1/sessions/{self.session}/readings"
        due = time.monotonic() + PERIOD * (self.number % 10) / 10
        async with connect(path, additional_headers=headers, open_timeout=20) as socket:
            while not self.soak.is_over and time.monotonic() < until:
                await asyncio.sleep(max(due - time.monotonic(), 0.0))
                due = max(due + PERIOD, time.monotonic())
                if self.pending is None:
                    self.pending = round(1000 * (time.monotonic() - begun))
                frame = {"schema_version": 1, "time": self.pending / 1000, "faces": [FACE]}
                sent = time.monotonic()
                await socket.send(json.dumps(frame))
                answer = json.loads(await asyncio.wait_for(socket.recv(), 30))
                if "problem" in answer:
                    # The answer over a socket has no headers: the frame is sent again at once.
                    problem = answer["problem"]
                    later = {"retry-after": "0"} if problem["status"] == 503 else {}
                    self.soak.note(problem["status"], later, f"reading: {problem['detail']}")
                    continue
                self.soak.latencies.append((sent, time.monotonic() - sent))
                # Repeated: the service had written it when the connection was lost.
                self.acknowledged.append(self.pending)
                self.pending = None


async def analyse(soak: Soak, key: str) -> None:
    """Request the analysis of a picture every two seconds."""
    headers, content = {"Authorization": f"Bearer {key}"}, EXAMPLE.read_bytes()
    async with httpx.AsyncClient(base_url=soak.service.url, headers=headers, timeout=60) as http:
        while not soak.is_over:
            with suppress(httpx.TransportError):
                answer = await http.post("/api/v1/analyze", content=content)
                soak.note(answer.status_code, dict(answer.headers), "analyze")
            await asyncio.sleep(2.0)


async def browse(soak: Soak, browser: Browser, name: str) -> None:
    """Open the pages of the app, one after another, as a user who is signed in."""
    page = await browser.new_page()
    page.on("response", lambda got: soak.note(got.status, got.headers, f"browser {got.url}"))
    turn = 0
    while not soak.is_over:
        with suppress(BrowserError):
            await page.goto(f"{soak.service.url}/{('lessons', 'photo', 'teach')[turn % 3]}")
            if "sign-in" in page.url:
                await page.get_by_label("Name").fill(name)
                await page.get_by_label("Password").fill(PASSWORD)
                await page.get_by_role("button", name="Sign in").first.click()
            await page.get_by_role("heading").first.wait_for(timeout=20_000)
            soak.drawn += 1
        turn += 1
        await asyncio.sleep(min(20.0, max(soak.end - time.monotonic(), 0.0)))
    await page.close()


async def watch(soak: Soak, begun: float, middle: float) -> None:
    """Measure the memory, and kill the service once in the middle."""
    killed = False
    while not soak.is_over:
        if not killed and time.monotonic() >= middle:
            killed = True
            soak.service.end(signal.SIGKILL)
            down = time.monotonic()
            await soak.service.start()
            soak.down = time.monotonic() - down
        # Reading the sizes of all pages takes a while, in which no student could send.
        await asyncio.to_thread(soak.service.measure, time.monotonic() - begun)
        await asyncio.sleep(5.0)


def compare(store: Store, students: list[Student]) -> tuple[int, int, int]:
    """Return the number of frames that were acknowledged, lost, and stored twice."""
    acknowledged = lost = twice = 0
    for student in students:
        owner = f"key:{student.key.split('_')[1]}"
        found = store.owned_by(owner).readings(student.session)
        times = Counter(round(1000 * reading.time) for reading in found)
        acknowledged += len(student.acknowledged)
        lost += sum(not times[sent] for sent in student.acknowledged)
        twice += sum(count > 1 for count in times.values())
    return acknowledged, lost, twice


def thirds(memory: list[tuple[float, float]], seconds: float) -> tuple[float, float] | None:
    """Return the medians of the second and the last third, without the minute of the restart.

    Returns:
        The two medians, or None if the restart left no values in one of the thirds.
    """
    middle = seconds / 2
    settled = min(60.0, seconds / 10)
    second = [
        mb
        for at, mb in memory
        if seconds / 3 <= at < 2 * seconds / 3 and not middle <= at < middle + settled
    ]
    last = [mb for at, mb in memory if at >= 2 * seconds / 3]
    return (statistics.median(second), statistics.median(last)) if second and last else None


def quantile(seconds: list[float], share: float) -> float:
    """Return a quantile of some times, ms; infinity if there are no times."""
    return 1000 * sorted(seconds)[int(share * len(seconds))] if seconds else float("inf")


def report(soak: Soak, students: list[Student], seconds: float) -> bool:
    """Print each result with its bound, and return whether all bounds were met."""
    store = Store(f"sqlite:///{soak.service.folder / 'data' / 'roomread.db'}")
    acknowledged, lost, twice = compare(store, students)
    store.close()
    p50, p99 = (quantile([took for _, took in soak.latencies], share) for share in (0.5, 0.99))
    late = soak.own.seconds_of_more_than(OWN_DELAY)
    punctual = quantile([took for at, took in soak.latencies if int(at) not in late], 0.99)
    memory = thirds(soak.service.memory, seconds)
    growth = memory[1] / memory[0] - 1 if memory is not None else float("inf")
    mb = "not measured" if memory is None else f"{memory[0]:.0f} and {memory[1]:.0f} MB"
    paused = ", ".join(f"{soak.reconnects[pause]} after {pause:g} s" for pause in PAUSES)
    down = "no restart" if soak.down is None else f"answers again after {soak.down:.0f} s"
    load = " ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"students {len(students)}, minutes {seconds / 60:g}, load of the computer {load}")
    print(
        f"own tasks of the soak: p99 {1000 * soak.own.p99():.0f} ms late; readings without the "
        f"{len(late)} s around delays of over {1000 * OWN_DELAY:.0f} ms: p99 {punctual:.0f} ms"
    )
    print(f"pages drawn {soak.drawn}, answers {dict(sorted(soak.statuses.items()))}")
    kept = {
        f"readings lost: {lost} of {acknowledged} acknowledged (bound 0)": acknowledged
        and not lost,
        f"readings counted twice: {twice} (bound 0)": not twice,
        f"readings: median {p50:.0f} ms, p99 {p99:.0f} ms (bound {P99_MS:.0f} ms)": p99 < P99_MS,
        f"memory of the second and the last third: {mb}, {growth:+.1%} (bound {GROWTH:+.0%})": (
            growth <= GROWTH
        ),
        f"5xx but 503 with Retry-After: {dict(Counter(soak.bad))} (bound none)": not soak.bad,
        f"unexpected 4xx: {dict(soak.unexpected)} (bound none)": not soak.unexpected,
        f"reconnects: {paused}, {soak.reconnects[0.0]} after failures (bound: each pause)": all(
            soak.reconnects[pause] for pause in PAUSES
        ),
        f"SIGKILL in the middle: {down} (bound: answers again)": soak.down is not None,
    }
    for what, is_kept in kept.items():
        print(f"{'kept  ' if is_kept else 'MISSED'} {what}")
    return all(kept.values())


async def main(minutes: float, count: int) -> bool:
    """Run the soak in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="roomread-soak-") as name:
        folder, seconds = Path(name), 60 * minutes
        (folder / "data").mkdir(mode=0o700)
        store = Store(f"sqlite:///{folder / 'data' / 'roomread.db'}")
        accounts = Accounts(store.accounts)
        keys = [accounts.add_key(f"student {n}", list(Scope)) for n in range(count + 1)]
        for user in ("anna", "ben"):
            accounts.add_user(user, PASSWORD, list(Scope))
        store.close()
        service = Service(folder)
        await service.start()
        begun = time.monotonic()
        soak = Soak(service, begun + seconds)
        students = [Student(soak, n, key) for n, key in enumerate(keys[:-1])]
        watching = asyncio.create_task(soak.own.watch())
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        try:
            async with async_playwright() as driver:
                browser = await driver.chromium.launch(
                    executable_path=chromium, args=["--no-sandbox"]
                )
                await asyncio.gather(
                    watch(soak, begun, begun + seconds / 2),
                    analyse(soak, keys[-1]),
                    *(browse(soak, browser, user) for user in ("anna", "ben")),
                    *(student.run() for student in students),
                )
                await browser.close()
        finally:
            watching.cancel()
            service.end(signal.SIGTERM)
        return report(soak, students, seconds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--students", type=int, default=50)
    given = parser.parse_args()
    sys.exit(0 if asyncio.run(main(given.minutes, given.students)) else 1)
