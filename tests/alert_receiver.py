"""Fake receivers of alerts: a web server that records requests, and a target in memory."""

from __future__ import annotations

import base64
import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from roomread.services.alerts import AlertEvent, DeliveryError

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
ALERT = AlertEvent(
    session="abc",
    alert=1,
    rule="room coverage below 50% for 1 min",
    state="room: coverage 40% on average over 60 s",
    time=61.0,
    ended=None,
    created_at=datetime(2026, 9, 2, tzinfo=UTC),
)
PAGE = Path(__file__).parents[1] / "docs" / "how-to" / "alerts.md"


def _function_of_the_docs() -> Callable[[Mapping[str, str], bytes, str], bool]:
    """Return the function that the documentation gives receivers for checking a signature."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 (our own docs)
    function: Callable[[Mapping[str, str], bytes, str], bool] = names["is_genuine"]
    return function


is_genuine = _function_of_the_docs()


@dataclass
class Receiver:
    """A fake webhook, with the requests that it received and the statuses that it returns.

    Attributes:
        url: The URL of the webhook.
        statuses: The statuses of the next responses; 204 afterwards.
        requests: The headers and the body of each request.
    """

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events that were received."""
        return [json.loads(body) for _, body in self.requests]


@contextmanager
def receiving(
    statuses: Sequence[int] = (), *, context: ssl.SSLContext | None = None
) -> Iterator[Receiver]:
    """Run a fake webhook on this computer, with TLS if a context is given."""
    receiver = Receiver(statuses=list(statuses))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.requests.append((headers | {":path": self.path}, body))
            self.send_response(receiver.statuses.pop(0) if receiver.statuses else 204)
            self.send_header("location", "/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    host = "http://127.0.0.1" if context is None else "https://localhost"
    receiver.url = f"{host}:{server.server_address[1]}/alerts?room=4"
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class FakeTarget:
    """A fake target that raises the given failures, then records each alert that it accepts."""

    kind, name = "webhook", "https://example.org"

    def __init__(self, failures: Iterator[DeliveryError] | None = None) -> None:
        self.failures = failures or iter(())
        self.accepted: list[str] = []
        self.states: list[str] = []

    def deliver(self, event: AlertEvent) -> None:
        failure = next(self.failures, None)
        if failure is not None:
            raise failure
        self.accepted.append(event.id)
        self.states.append(event.state)
