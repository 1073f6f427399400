"""Measure the intervals and the age of a board's events in rooms with simulated students.

Students send readings twice a second, as their pages do, and a board receives the events of each
room. The exit status is 1 if a bound of one room of 48 was missed, or a connection was lost.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
import psutil
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from bounds import Bounds
from serving import Service, serving

_EVERY = 0.5
# The number of readings from one ping of a student to the next.
_PING_EVERY = 10
# The number of rooms and of students to which the bounds apply, and the bounds: the time between
# two events in s, the age of the newest reading in ms, and percent of one core.
_CLASS = (1, 48)
_MAX_GAP, _MAX_AGE_MS, _MAX_CPU = 0.8, 300.0, 15.0
PROTOCOL = Subprotocol("roomread.room.1")


@dataclass(slots=True)
class Run:
    """The state that the students and boards of a run share.

    Attributes:
        ended: Set when the run is over.
        sent: The time at which the newest reading of each room was sent.
        answers: The times from a ping of a student to its pong, s. The server sends the pong after
            it has processed the earlier readings.
    """

    ended: asyncio.Event = field(default_factory=asyncio.Event)
    sent: dict[str, float] = field(default_factory=dict)
    answers: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Measured:
    """The measurements of one run.

    Attributes:
        gaps: The times between two events, s.
        ages: The times from sending the newest reading to the event that followed, s.
        answers: The times from a ping of a student to its pong, s.
        cpu: The processor time of the server divided by the wall-clock time.
        closed: The number of students' connections that ended early, by reason.
    """

    gaps: list[float] = field(default_factory=list)
    ages: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    cpu: float = 0.0
    closed: Counter[str] = field(default_factory=Counter)


async def student(url: str, room: dict[str, str], run: Run) -> bool:
    """Send readings until the run has ended; return whether the connection lasted."""
    address = f"{url.replace('http', 'ws', 1)}/api/v1/rooms/{room['id']}/seat"
    random = np.random.default_rng()
    # The acknowledgements are not read, so a bounded queue would fill and block the connection.
    # Like a browser, do not close the connection because a pong is late.
    async with connect(
        address, subprotocols=[PROTOCOL], open_timeout=60, max_queue=None, ping_interval=None
    ) as socket:
        join = {"k": "join", "code": room["code"], "consent": "2-en-faces", "faces": True}
        await socket.send(json.dumps(join))
        await socket.recv()
        await asyncio.sleep(float(random.random()) * _EVERY)
        due, number = time.monotonic(), 0
        while not run.ended.is_set():
            shares = np.floor(random.dirichlet([0.5] * 7) * 10_000).astype(int)
            shares[6] += 10_000 - shares.sum()
            reading = {"k": "r", "n": number, "age": 30, "p": shares.tolist()}
            await socket.send(json.dumps(reading))
            run.sent[room["id"]] = time.monotonic()
            number += 1
            if number % _PING_EVERY == 0:
                await ping(socket, run)
            due += _EVERY
            await asyncio.sleep(max(due - time.monotonic(), 0))
    return True


async def ping(socket: ClientConnection, run: Run) -> None:
    """Send a ping, and record the time to its pong."""

    def note(answer: asyncio.Future[float]) -> None:
        if not answer.cancelled() and answer.exception() is None:
            run.answers.append(answer.result())

    asyncio.ensure_future(await socket.ping()).add_done_callback(note)


async def board(url: str, room: dict[str, str], run: Run, found: Measured) -> None:
    """Receive the events of one room until the run has ended."""
    last = None
    address = f"{url}/api/v1/rooms/{room['id']}/events"
    async with httpx.AsyncClient(timeout=60) as http, http.stream("GET", address) as stream:
        async for line in stream.aiter_lines():
            now = time.monotonic()
            if run.ended.is_set():
                return
            if not line.startswith("data: ") or '"history"' in line[:20]:
                continue
            if last is not None:
                found.gaps.append(now - last)
                found.ages.append(now - run.sent.get(room["id"], now))
            last = now


async def measure(service: Service, *, rooms: int, students: int, seconds: float) -> Measured:
    """Let students and boards run for some seconds after all have joined."""
    found, run = Measured(), Run()
    async with httpx.AsyncClient(base_url=service.url, timeout=60) as http:
        made = []
        for number in range(rooms):
            answer = await http.post("/api/v1/rooms", json={"name": f"{number}", "faces": True})
            made.append(answer.json())
    tasks = []
    for number in range(rooms * students):
        tasks.append(asyncio.create_task(student(service.url, made[number % rooms], run)))
        await asyncio.sleep(0.01)
    await asyncio.sleep(5)
    server = psutil.Process(service.process.pid)
    before, then = sum(server.cpu_times()[:2]), time.monotonic()
    boards = [asyncio.create_task(board(service.url, room, run, found)) for room in made]
    await asyncio.sleep(seconds)
    found.cpu = (sum(server.cpu_times()[:2]) - before) / (time.monotonic() - then)
    run.ended.set()
    await asyncio.gather(*boards)
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    found.answers = run.answers
    found.closed = Counter(_reason(result) for result in ended if result is not True)
    return found


def _reason(ended: object) -> str:
    """Return why a connection ended: the close code of the side that closed it, or the error."""
    if not isinstance(ended, ConnectionClosed):
        return repr(ended)[:80]
    by, close = ("server", ended.rcvd) if ended.rcvd_then_sent else ("client", ended.sent)
    return f"{by} {close.code} {close.reason}" if close is not None else "without a close code"


def main() -> None:
    """Print the figures of one room of 48 beside their bounds, and those of 25 rooms of 40."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--students", type=int, default=_CLASS[1], help="In the one room.")
    parser.add_argument(
        "--large",
        type=int,
        nargs="?",
        const=25,
        default=0,
        metavar="ROOMS",
        help="Also 40 students in each of 25 rooms, or of as many.",
    )
    options = parser.parse_args()
    bounds = Bounds()
    runs = [(1, options.students)]
    if options.large:
        runs.append((options.large, 40))
    for rooms, students in runs:
        settings = {"requests_per_minute": "1000000", "purpose": "research"}
        with (
            tempfile.TemporaryDirectory() as folder,
            serving(Path(folder), **settings) as service,
        ):
            found = asyncio.run(
                measure(service, rooms=rooms, students=students, seconds=options.seconds)
            )
        show(found, bounds, rooms=rooms, students=students)
    sys.exit(bounds.status)


def show(found: Measured, bounds: Bounds, *, rooms: int, students: int) -> None:
    """Print the results of a run, beside their bounds if it has bounds."""
    gaps, ages = np.percentile(found.gaps, [50, 99]), np.percentile(found.ages, [50, 99])
    answers = np.percentile(found.answers, [50, 99])
    load = psutil.getloadavg()[0]
    print(f"{rooms * students} students in {rooms} rooms; load of the machine {load:.1f}")
    print(f"  event to event, median: {gaps[0]:.3f} s; newest reading: {1000 * ages[0]:.0f} ms old")
    print(f"  answer to a ping: {1000 * answers[0]:.0f} ms, p99 {1000 * answers[1]:.0f} ms")
    if rooms == _CLASS[0]:
        bounds.at_most("event to event, p99", gaps[1], _MAX_GAP, "s", digits=3)
        bounds.at_most(
            "age of the newest reading, p99", 1000 * ages[1], _MAX_AGE_MS, "ms", digits=0
        )
        bounds.at_most("server, of one core", 100 * found.cpu, _MAX_CPU, "%", digits=1)
    else:
        print(
            f"  p99: {gaps[1]:.3f} s and {1000 * ages[1]:.0f} ms; server: {found.cpu:.1%} of a core"
        )
    bounds.at_most("connections that were lost", found.closed.total(), 0, digits=0)
    for reason, count in found.closed.items():
        print(f"    {count} of them: {reason}")


if __name__ == "__main__":
    main()
