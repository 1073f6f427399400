from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from roomread.errors import BusyError
from roomread.services.forwarding import FORWARDED_HEADER, ReceivedRequest, forward


class Holder(BaseHTTPRequestHandler):
    """A server that answers with the request that it received."""

    def do_POST(self) -> None:
        length = int(self.headers["content-length"])
        names = ["authorization", "cookie", "origin", "host", "x-forwarded-for"]
        names += ["x-forwarded-proto", FORWARDED_HEADER]
        sent = [self.path, *(str(self.headers.get(name)) for name in names)]
        self.send_response(503)
        self.send_header("content-type", "text/plain")
        self.send_header("retry-after", "3")
        self.end_headers()
        self.wfile.write("\n".join(sent).encode() + b"\n" + self.rfile.read(length))

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Holder) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_request_is_forwarded_with_credentials_and_its_response_is_returned(
    address: str,
) -> None:
    headers = {"authorization": "Bearer rr_1_2", "cookie": "a=b", "origin": "https://elsewhere"}
    headers |= {"host": "roomread.example", "x-forwarded-for": "invented"}
    request = ReceivedRequest(
        "/api/v1/sessions/1/end", headers, client="192.0.2.7", scheme="https", body=b"body"
    )
    answer = forward(address, request)
    assert (answer.status, answer.media_type, answer.retry_after) == (503, "text/plain", "3")
    path, *kept = answer.body.decode().splitlines()
    assert path == "/api/v1/sessions/1/end"
    assert kept[:3] == ["Bearer rr_1_2", "a=b", "None"]
    # The forwarded address is `client`, not the address in the sender's own header.
    assert kept[3:] == ["roomread.example", "192.0.2.7", "https", "1", "body"]


def test_forwarded_request_is_not_forwarded_again(address: str) -> None:
    with pytest.raises(BusyError, match="another process holds"):
        forward(address, ReceivedRequest("/", {FORWARDED_HEADER.lower(): "1"}))


def test_process_without_an_address_is_reported_as_busy() -> None:
    with pytest.raises(BusyError, match="another process holds"):
        forward("", ReceivedRequest("/", {}))


def test_process_that_has_ended_is_reported_as_busy(address: str) -> None:
    gone = address.replace("127.0.0.1", "127.0.0.9")
    with pytest.raises(BusyError, match="does not respond"):
        forward(gone, ReceivedRequest("/", {}))
