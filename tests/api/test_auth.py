"""The guard of a service without sign-in: who on this computer may come."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="needs the app extra")

from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from roomread.api.auth import AuthMiddleware, AuthSettings
from roomread.api.rates import Rate
from roomread.services.accounts import Accounts
from roomread.services.sign_ins import SignIns
from roomread.store import Store

PORT = 8501
HERE = f"127.0.0.1:{PORT}"
FOREIGN_HOSTS = ["evil.example", f"evil.example:{PORT}", "127.0.0.1.evil.example", "[", ""]


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer every request and accept every WebSocket."""
    if scope["type"] == "websocket":
        socket = WebSocket(scope, receive, send)
        await socket.accept()
        await socket.send_text("let in")
        await socket.close()
        return
    await PlainTextResponse("let in")(scope, receive, send)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    store = Store(f"sqlite:///{tmp_path / 'roomread.db'}")
    auth = AuthSettings(
        Accounts(store.accounts),
        sign_in=False,
        rate=Rate(per_second=1e6, burst=1e6),
        sign_ins=SignIns(store.accounts),
    )
    yield TestClient(AuthMiddleware(answer, auth), base_url=f"http://{HERE}")
    store.close()


def opens_socket(client: TestClient, path: str, headers: dict[str, str]) -> bool:
    try:
        with client.websocket_connect(path, headers={"Host": HERE} | headers) as socket:
            return socket.receive_text() == "let in"
    except WebSocketDisconnect:
        return False


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
@pytest.mark.parametrize("path", ["/", "/api/v1/sessions", "/_stcore/host-config"])
def test_request_is_refused_when_its_host_is_not_a_name_of_localhost(
    client: TestClient, host: str, path: str
) -> None:
    headers = {"Host": host, "Origin": f"http://{host}"}
    assert client.get(path, headers=headers).status_code == 403
    assert client.post(path, headers=headers).status_code == 403


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
@pytest.mark.parametrize("path", ["/_stcore/stream", "/api/v1/live"])
def test_websocket_is_refused_when_its_host_is_not_a_name_of_localhost(
    client: TestClient, host: str, path: str
) -> None:
    assert not opens_socket(client, path, {"Host": host, "Origin": f"http://{host}"})


@pytest.mark.parametrize("host", [HERE, f"localhost:{PORT}", f"[::1]:{PORT}", "127.0.0.1"])
def test_page_of_this_service_is_admitted(client: TestClient, host: str) -> None:
    headers = {"Host": host, "Origin": f"http://{host}"}
    assert client.post("/api/v1/analyze", headers=headers).text == "let in"
    assert opens_socket(client, "/_stcore/stream", headers)


@pytest.mark.parametrize(
    "origin",
    ["http://127.0.0.1:9999", "http://localhost:8501", "https://evil.example", "null", "http://["],
)
def test_page_of_another_port_or_site_is_refused(client: TestClient, origin: str) -> None:
    assert client.post("/api/v1/analyze", headers={"Origin": origin}).status_code == 403
    assert not opens_socket(client, "/_stcore/stream", {"Origin": origin})


def test_program_without_origin_is_admitted(client: TestClient) -> None:
    assert client.post("/api/v1/analyze").text == "let in"
    assert opens_socket(client, "/_stcore/stream", {})


@pytest.mark.parametrize("name", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP"])
def test_request_through_a_proxy_is_refused_without_sign_in(client: TestClient, name: str) -> None:
    answer = client.get("/", headers={name: "203.0.113.7"})
    assert answer.status_code == 403
    assert "a proxy forwarded this request" in answer.json()["detail"]
