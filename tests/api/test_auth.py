"""A service without sign-in admits the user of this computer and refuses all others."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="needs the app extra")

from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope
from starlette.websockets import WebSocket, WebSocketDisconnect

from roomread.api.auth import AuthMiddleware, AuthSettings
from roomread.api.rates import Rate
from roomread.services.accounts import Accounts, Scope
from roomread.services.sign_ins import SignIns
from roomread.store import Store

PORT = 8501
HERE = f"127.0.0.1:{PORT}"
FOREIGN_HOSTS = [
    *("evil.example", f"evil.example:{PORT}", "127.0.0.1.evil.example", ""),
    *("evil.example.", "EVIL.EXAMPLE", "localhost.evil.example", f"localhost.:{PORT}"),
    *("[2001:db8::1]", f"[::ffff:203.0.113.7]:{PORT}", "0.0.0.1", "127.1", "2130706433"),
]


async def answer(scope: AsgiScope, receive: Receive, send: Send) -> None:
    """Answer every request and accept every WebSocket."""
    if scope["type"] == "websocket":
        socket = WebSocket(scope, receive, send)
        await socket.accept()
        await socket.send_text("let in")
        await socket.close()
        return
    await PlainTextResponse("let in")(scope, receive, send)


def auth_of(store: Store, *, sign_in: bool = False) -> AuthSettings:
    """Return settings with a rate limit that is never reached."""
    return AuthSettings(
        Accounts(store.accounts),
        sign_in=sign_in,
        rate=Rate(per_second=1e6, burst=1e6),
        sign_ins=SignIns(store.accounts),
    )


def visitor(app: ASGIApp, auth: AuthSettings) -> TestClient:
    """Return a client that sends requests from this computer through `AuthMiddleware`."""
    return TestClient(AuthMiddleware(app, auth), base_url=f"http://{HERE}")


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with closing(Store(f"sqlite:///{tmp_path / 'roomread.db'}")) as store:
        yield visitor(answer, auth_of(store))


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


@pytest.mark.parametrize(
    "host", [HERE, f"localhost:{PORT}", f"[::1]:{PORT}", "127.0.0.1", "LOCALHOST", "127.0.0.1:0"]
)
def test_request_from_a_page_of_this_service_is_admitted(client: TestClient, host: str) -> None:
    headers = {"Host": host, "Origin": f"http://{host}"}
    assert client.post("/api/v1/analyze", headers=headers).text == "let in"
    assert opens_socket(client, "/_stcore/stream", headers)


@pytest.mark.parametrize(
    "origin",
    [
        *("http://127.0.0.1:9999", "http://localhost:8501", "https://evil.example", "null"),
        *("http://[", "", "http://", f"http://user@{HERE}", f"http://{HERE}.", f"{HERE}"),
        *(f"http://{HERE}/", f"http://{HERE}@evil.example", "http://127.0.0.1:0"),
    ],
)
def test_request_from_a_page_of_another_port_or_site_is_refused(
    client: TestClient, origin: str
) -> None:
    assert client.post("/api/v1/analyze", headers={"Origin": origin}).status_code == 403
    assert not opens_socket(client, "/_stcore/stream", {"Origin": origin})


def test_request_with_an_empty_host_and_a_null_or_empty_origin_is_refused(tmp_path: Path) -> None:
    with closing(Store(f"sqlite:///{tmp_path / 'roomread.db'}")) as store:
        client = visitor(answer, auth_of(store, sign_in=True))
        for origin in ("null", "", "http://"):
            said = client.post("/sign-in", headers={"Host": "", "Origin": origin})
            assert said.status_code == 403


def test_request_without_an_origin_header_is_admitted(client: TestClient) -> None:
    assert client.post("/api/v1/analyze").text == "let in"
    assert opens_socket(client, "/_stcore/stream", {})


@pytest.mark.parametrize(
    "host",
    [
        *("[", "[::1", "[]", f"user@{HERE}", f"{HERE}@evil.example", f"{HERE}/", f"{HERE}?a"),
        *(f"{HERE}#a", "127.0.0.1:port", "127.0.0.1:99999999", "127.0.0.1:-1", "localhost\\a"),
    ],
)
def test_request_with_a_malformed_host_header_gets_status_400(
    client: TestClient, host: str
) -> None:
    answer = client.get("/api/v1/models", headers={"Host": host})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_http_1_0_request_is_refused_if_sign_in_is_off(client: TestClient) -> None:
    # Proxies use HTTP/1.0 by default.
    async def downgraded(scope: AsgiScope, receive: Receive, send: Send) -> None:
        await client.app({**scope, "http_version": "1.0"}, receive, send)

    answer = TestClient(downgraded, base_url=f"http://{HERE}").get("/")
    assert answer.status_code == 403
    assert "accepts no requests through a proxy" in answer.json()["detail"]


@pytest.mark.parametrize(
    "referer", ["https://rooms.example/", "http://rooms.example/x", "http://["]
)
def test_script_request_whose_referer_names_another_host_is_refused(
    client: TestClient, referer: str
) -> None:
    assert client.get("/static/main.js", headers={"Referer": referer}).status_code == 403


def test_page_opened_from_a_link_on_another_site_is_served(client: TestClient) -> None:
    headers = {"Referer": "https://docs.example/", "Sec-Fetch-Site": "cross-site"}
    assert client.get("/", headers=headers).text == "let in"
    assert client.get("/x.js", headers={"Referer": f"http://{HERE}/"}).text == "let in"


def test_websocket_over_the_rate_limit_is_accepted_and_closed_with_code_1013(
    tmp_path: Path,
) -> None:
    with closing(Store(f"sqlite:///{tmp_path / 'roomread.db'}")) as store:
        client = visitor(answer, replace(auth_of(store), rate=Rate(1e-6, burst=1)))
        assert opens_socket(client, "/api/v1/live", {})
        with client.websocket_connect("/api/v1/live", headers={"Host": HERE}) as socket:
            with pytest.raises(WebSocketDisconnect) as closed:
                socket.receive_text()
            assert closed.value.code == 1013


def test_requests_with_a_wrong_api_key_are_rate_limited_before_they_are_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    monkeypatch.setattr("roomread.api.refusals._write", lambda event, *_: written.append(event))
    with closing(Store(f"sqlite:///{tmp_path / 'roomread.db'}")) as store:
        key = Accounts(store.accounts).add_key("board", list(Scope))
        auth = replace(auth_of(store, sign_in=True), attempts=Rate(1e-9, burst=10))
        client = visitor(answer, auth)
        wrong = {"Authorization": "Bearer rr_00000000_wrong"}
        statuses = [client.get("/api/v1/models", headers=wrong).status_code for _ in range(50)]
        assert statuses == [401] * 10 + [429] * 40
        assert written == ["key refused"]
        # A valid key from the same address is still accepted.
        right = {"Authorization": f"Bearer {key}"}
        assert client.get("/api/v1/models", headers=right).text == "let in"


@pytest.mark.parametrize(
    "name",
    ["Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP", "Via", "CF-Connecting-IP"],
)
def test_request_through_a_proxy_is_refused_if_sign_in_is_off(
    client: TestClient, name: str
) -> None:
    answer = client.get("/", headers={name: "203.0.113.7"})
    assert answer.status_code == 403
    assert "accepts no requests through a proxy" in answer.json()["detail"]


async def echo(scope: AsgiScope, receive: Receive, send: Send) -> None:
    """Accept a WebSocket, and send each message back."""
    socket = WebSocket(scope, receive, send)
    await socket.accept()
    while (message := await socket.receive())["type"] == "websocket.receive":
        await socket.send_text(message["text"])


def test_messages_over_the_rate_limit_are_delayed(tmp_path: Path) -> None:
    with closing(Store(f"sqlite:///{tmp_path / 'roomread.db'}")) as store:
        auth = replace(auth_of(store), messages=Rate(per_second=10.0, burst=5.0))
        client = visitor(echo, auth)
        begun = time.monotonic()
        with client.websocket_connect("/_stcore/stream", headers={"Host": HERE}) as socket:
            for n in range(10):
                socket.send_text(str(n))
            assert [socket.receive_text() for _ in range(10)] == [str(n) for n in range(10)]
        # Five messages pass at once, and five more at ten per second.
        assert time.monotonic() - begun > 0.3


@pytest.mark.parametrize("sign_in", [True, False])
def test_students_behind_one_ip_address_have_separate_message_limits(
    tmp_path: Path, *, sign_in: bool
) -> None:
    with closing(Store(f"sqlite:///{tmp_path / 'roomread.db'}")) as store:
        # Connections that shared one limit would wait for hours.
        auth = replace(auth_of(store, sign_in=sign_in), messages=Rate(per_second=1e-4, burst=5.0))
        # All connections of Starlette's client have one address and port, as behind a proxy.
        client = visitor(echo, auth)
        with ExitStack() as opened:
            for _ in range(3):
                seat = client.websocket_connect("/api/v1/rooms/1/seat", headers={"Host": HERE})
                socket = opened.enter_context(seat)
                for n in range(5):
                    socket.send_text(str(n))
                    assert socket.receive_text() == str(n)
