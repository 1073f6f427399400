"""Simulate students, who use the WebSocket protocol of rooms as their page does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

PROTOCOL = Subprotocol("roomread.room.1")
NEUTRAL = [0, 0, 0, 0, 0, 0, 10_000]
HAPPY = [0, 0, 0, 10_000, 0, 0, 0]
SAD = [0, 0, 0, 0, 10_000, 0, 0]


@dataclass(slots=True)
class Student:
    """One student with a connection of their own.

    Attributes:
        socket: The connection.
        seat: The message with which the server answered the request to join.
        number: The number of the next reading.
    """

    socket: ClientConnection
    seat: dict[str, Any] = field(default_factory=dict)
    number: int = 0

    def send(self, **message: Any) -> None:
        """Send one message."""
        self.socket.send(json.dumps(message))

    def show(self, shares: list[int]) -> None:
        """Send a reading with the probabilities of the expressions, in 1/10,000."""
        self.send(k="r", n=self.number, age=20, p=shares)
        self.number += 1

    def receive(self, timeout: float = 20) -> dict[str, Any]:
        """Return the next message of the server."""
        answer: dict[str, Any] = json.loads(self.socket.recv(timeout=timeout))
        return answer


def open_room(url: str, *, faces: bool = True) -> dict[str, str]:
    """Open a room, in which students may have their faces read if `faces` is True."""
    asked = {"name": "Algebra 7b", "faces": faces}
    answer = httpx.post(f"{url}/api/v1/rooms", json=asked, timeout=60)
    answer.raise_for_status()
    room: dict[str, str] = answer.json()
    return room


def room_info(url: str, code: str) -> dict[str, Any]:
    """Return the information about a room that a student gets before joining."""
    answer = httpx.get(f"{url}/api/v1/join/{code}", timeout=30)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


@contextmanager
def joined(
    url: str,
    room_id: str,
    code: str,
    *,
    faces: bool = False,
    resume: str | None = None,
    consent: str = "",
) -> Iterator[Student]:
    """Join a room as a student, who leaves at the end of the `with` block."""
    version = consent or f"2-en-{'faces' if faces else 'taps'}"
    address = f"{url.replace('http', 'ws', 1)}/api/v1/rooms/{room_id}/seat"
    # A bounded queue would fill with acknowledgements, which are not received, and block reading.
    # Like a browser, send no pings, whose timeout would close the connection on a busy computer.
    with connect(
        address, subprotocols=[PROTOCOL], open_timeout=30, max_queue=None, ping_interval=None
    ) as socket:
        student = Student(socket)
        student.send(k="join", code=code, consent=version, faces=faces, resume=resume)
        student.seat = student.receive()
        yield student
