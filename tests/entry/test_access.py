"""Tests that every route of the service is open only to the visitors who may use it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

import altered
from roomread.api.room_socket import PROTOCOL
from roomread.bench import scenes
from roomread.services.accounts import Scope
from serving import Service, accounts_of, run_cli, serving

EXAMPLE = Path(__file__).parents[2] / "examples" / "astronaut.jpg"
PASSWORD = "a few words for Anna"  # noqa: S105 (a made-up password)


def test_serving_on_all_interfaces_is_refused_without_a_user_or_api_key(tmp_path: Path) -> None:
    said = run_cli(tmp_path, "serve", "--address", "0.0.0.0", "--port", "0")  # noqa: S104
    assert said.returncode == 2
    assert said.stderr.count("\n") == 1
    assert "roomread users add" in said.stderr


@dataclass(slots=True)
class ProtectedService:
    """A service that requires sign-in, with a client for each kind of visitor."""

    service: Service
    visitors: dict[str, httpx.Client]
    video: str
    session: str


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProtectedService]:
    folder = tmp_path_factory.mktemp("protected")
    with accounts_of(folder) as accounts:
        keys = {scope.value: accounts.add_key(scope.value, [scope]) for scope in Scope}
        keys["other"] = accounts.add_key("other", list(Scope))
        revoked = accounts.add_key("revoked", list(Scope))
        accounts.revoke_key(revoked.split("_")[1])
        accounts.add_user("anna", PASSWORD, [Scope.READ, Scope.ANALYZE])
        accounts.add_user("ben", PASSWORD, list(Scope))
        accounts.add_user("eve", PASSWORD, [Scope.READ])
    with serving(folder, "--sign-in") as service:
        visitors = {"nobody": httpx.Client(base_url=service.url)}
        for name, key in (keys | {"revoked": revoked, "invented": "rr_12345678_abc"}).items():
            headers = {"Authorization": f"Bearer {key}"}
            visitors[name] = httpx.Client(base_url=service.url, headers=headers)
        for name in SIGNED_IN:
            visitors[name] = httpx.Client(base_url=service.url, timeout=30)
        sign_in(visitors)
        sent = visitors["anna"].post(
            "/api/v1/videos", content=b"no video", params={"name": "a.mp4"}
        )
        made = visitors["anna"].post("/api/v1/sessions", json={"name": "Hers", "consent": "all"})
        frames = [{"schema_version": 1, "time": n / 2, "faces": []} for n in range(6)]
        session = made.json()["id"]
        filled = visitors["anna"].post(f"/api/v1/sessions/{session}/readings", json=frames)
        assert filled.json()["accepted"] == 6
        pictures = [("picture", ("m.png", picture)) for picture in masked()]
        taught = visitors["anna"].post(
            "/api/v1/profiles", data={"name": "masked"}, files=pictures, timeout=60
        )
        assert taught.status_code == 201, taught.text
        yield ProtectedService(service, visitors, sent.json()["id"], session)
        for client in visitors.values():
            client.close()


def masked() -> list[bytes]:
    """Return two pictures of a masked face, from which a state can be taught, as PNG."""
    pictures = []
    for picture in altered.variants(altered.masked(*scenes.portraits()[0]))[:2]:
        file = io.BytesIO()
        picture.save(file, "PNG")
        pictures.append(file.getvalue())
    return pictures


def sign_in(visitors: dict[str, httpx.Client]) -> None:
    for name in SIGNED_IN:
        form = {"name": name, "password": PASSWORD}
        assert visitors[name].post("/sign-in", data=form).status_code == 303


# The visitors with each scope, who may use a route that requires it; all others get 401 or 403.
READ, ANALYZE, MANAGE = (
    {"read", "other", "anna", "ben", "eve"},
    {"analyze", "other", "anna", "ben"},
    {"manage", "other", "ben"},
)
# The visitors who may use the pages, and those who sign in.
PEOPLE, SIGNED_IN = {"anna", "ben"}, {"anna", "ben", "eve"}
EVERYBODY = SIGNED_IN | {"nobody", "read", "analyze", "manage", "other"}
MATRIX = {
    ("GET", "/healthz"): EVERYBODY,
    ("GET", "/readyz"): EVERYBODY,
    ("GET", "/sign-in"): EVERYBODY,
    ("POST", "/sign-in"): EVERYBODY,
    ("GET", "/sign-in/provider"): EVERYBODY,
    ("GET", "/sign-in/back"): EVERYBODY,
    ("GET", "/api/v1/openapi.json"): EVERYBODY,
    ("GET", "/api/v1/schema"): EVERYBODY,
    ("GET", "/metrics"): MANAGE,
    ("GET", "/api/v1/models"): READ,
    ("GET", "/api/v1/models/{name}"): READ,
    ("GET", "/api/v1/settings"): MANAGE,
    ("PUT", "/api/v1/settings/purpose"): MANAGE,
    ("POST", "/api/v1/analyze"): ANALYZE,
    ("GET", "/api/v1/videos"): READ,
    ("POST", "/api/v1/videos"): ANALYZE,
    ("GET", "/api/v1/videos/{job_id}"): READ,
    ("POST", "/api/v1/videos/{job_id}/cancel"): ANALYZE,
    ("GET", "/api/v1/videos/{job_id}/readings"): READ,
    ("GET", "/api/v1/videos/{job_id}/annotated"): READ,
    ("DELETE", "/api/v1/videos/{job_id}"): ANALYZE,
    ("GET", "/api/v1/sessions"): READ,
    ("POST", "/api/v1/sessions"): ANALYZE,
    ("GET", "/api/v1/sessions/{session_id}"): READ,
    ("DELETE", "/api/v1/sessions/{session_id}"): ANALYZE,
    ("POST", "/api/v1/sessions/{session_id}/end"): ANALYZE,
    ("POST", "/api/v1/sessions/{session_id}/readings"): ANALYZE,
    ("WEBSOCKET", "/api/v1/sessions/{session_id}/readings"): ANALYZE,
    ("GET", "/api/v1/sessions/{session_id}/mood"): READ,
    ("GET", "/api/v1/sessions/{session_id}/timeline"): READ,
    ("GET", "/api/v1/sessions/{session_id}/marks"): READ,
    ("POST", "/api/v1/sessions/{session_id}/marks"): ANALYZE,
    ("DELETE", "/api/v1/sessions/{session_id}/marks"): ANALYZE,
    ("GET", "/api/v1/sessions/{session_id}/alerts"): READ,
    ("GET", "/api/v1/sessions/{session_id}/reports"): READ,
    ("GET", "/api/v1/sessions/{session_id}/export"): READ,
    ("GET", "/api/v1/sessions/{session_id}/report"): READ,
    ("GET", "/api/v1/sessions/{session_id}/people"): READ,
    ("PUT", "/api/v1/sessions/{session_id}/seats/{seat}"): ANALYZE,
    ("DELETE", "/api/v1/sessions/{session_id}/seats/{seat}"): ANALYZE,
    ("GET", "/api/v1/rooms"): READ,
    ("POST", "/api/v1/rooms"): ANALYZE,
    ("GET", "/api/v1/rooms/{room_id}"): READ,
    ("POST", "/api/v1/rooms/{room_id}/code"): ANALYZE,
    ("GET", "/api/v1/rooms/{room_id}/code.svg"): READ,
    ("POST", "/api/v1/rooms/{room_id}/pause"): ANALYZE,
    ("POST", "/api/v1/rooms/{room_id}/close"): ANALYZE,
    ("GET", "/api/v1/rooms/{room_id}/summary"): READ,
    ("GET", "/api/v1/rooms/{room_id}/events"): READ,
    ("POST", "/api/v1/rooms/{room_id}/receipts"): READ,
    ("GET", "/api/v1/join/{code}"): EVERYBODY,
    ("WEBSOCKET", "/api/v1/rooms/{room_id}/seat"): EVERYBODY,
    ("GET", "/api/v1/profiles"): READ,
    ("POST", "/api/v1/profiles"): ANALYZE,
    ("GET", "/api/v1/profiles/{name}"): READ,
    ("PUT", "/api/v1/profiles/{name}"): ANALYZE,
    ("DELETE", "/api/v1/profiles/{name}"): ANALYZE,
    ("GET", "/api/v1/profiles/{name}/evaluate"): READ,
    ("GET", "/api/v1/profiles/{name}/export"): READ,
    ("GET", "/assets/bundled/{digest}/{name}"): EVERYBODY,
    ("GET", "/assets/{digest}/{name:path}"): EVERYBODY,
    ("GET", "/assets/reader"): EVERYBODY,
    ("GET", "/mirror"): EVERYBODY,
    ("GET", "/notice"): EVERYBODY,
    ("GET", "/share"): PEOPLE,
    ("GET", "/join"): EVERYBODY,
    ("GET", "/room"): PEOPLE,
    ("GET", "/room/{room_id}"): PEOPLE,
    ("GET", "/upload"): PEOPLE,
    ("POST", "/upload"): PEOPLE,
    ("POST", "/sign-out"): SIGNED_IN,
    ("WEBSOCKET", "/api/v1/live"): ANALYZE,
    # The web app: its page, its WebSocket, its uploads and files, and its other routes.
    ("GET", "/"): PEOPLE,
    ("GET", "/files"): PEOPLE,
    ("GET", "/_stcore/health"): EVERYBODY,
    ("GET", "/_stcore/host-config"): PEOPLE,
    ("PUT", "/_stcore/upload_file/session/file"): PEOPLE,
    ("GET", "/media/some.png"): PEOPLE,
    ("POST", "/_stcore/agent/interact"): PEOPLE,
    ("WEBSOCKET", "/_stcore/stream"): PEOPLE,
}


def test_access_to_every_route_of_the_service_is_tested() -> None:
    from fastapi.routing import iter_route_contexts  # noqa: PLC0415

    from roomread.entry import service  # noqa: PLC0415

    found = set()
    for part in (service, *service.PARTS):
        for route in iter_route_contexts(part.router.routes):
            for method in getattr(route, "methods", None) or {"WEBSOCKET"}:
                found.add((method, route.path))
    assert found <= set(MATRIX)
    assert len(found) >= 42


@pytest.mark.parametrize(("method", "path"), MATRIX, ids=lambda part: part)
def test_route_is_open_only_to_visitors_with_the_required_scope(
    method: str, path: str, protected: ProtectedService
) -> None:
    allowed = MATRIX[method, path]
    # The video of another user, so that no video is changed: 404 means that access was granted.
    path = (
        path.replace("{job_id}", "nothing")
        .replace("{session_id}", "nothing")
        .replace("{seat}", "1")
        .replace("{name}", "nothing")
        .replace("{room_id}", "nothing")
        .replace("{code}", "nothing")
    )
    for name, client in protected.visitors.items():
        if method == "WEBSOCKET":
            came = opens(protected.service, path, client)
        else:
            answer = client.request(method, path)
            assert answer.status_code < 500
            # Streamlit has a 403 of its own for requests without its token.
            refused = answer.headers.get("content-type") == "application/problem+json"
            came = not (refused and answer.status_code in (401, 403, 429))
        assert came == (name in allowed), name
    if path == "/sign-out":
        sign_in(protected.visitors)


def opens(service: Service, path: str, client: httpx.Client) -> bool:
    """Return whether this visitor may open a WebSocket."""
    # The WebSocket of a seat requires a subprotocol.
    spoken = [Subprotocol(PROTOCOL)] if path.endswith("/seat") else None
    try:
        with connect(
            socket_url(service, path), additional_headers=said(client), subprotocols=spoken
        ):
            return True
    except InvalidStatus as error:
        # 404 means that access was granted: the session belongs to another user.
        return error.response.status_code == 404
    except ConnectionClosed:
        return False


def socket_url(service: Service, path: str) -> str:
    return service.url.replace("http", "ws") + path


def said(client: httpx.Client) -> dict[str, str]:
    """Return the headers that authenticate a visitor."""
    headers = {
        name: value for name, value in client.headers.items() if name.lower() == "authorization"
    }
    if client.cookies:
        headers["Cookie"] = "; ".join(f"{c.name}={c.value}" for c in client.cookies.jar)
    return headers


def test_signing_out_or_revoking_a_key_closes_open_websockets(protected: ProtectedService) -> None:
    service, anna = protected.service, protected.visitors["anna"]
    with accounts_of(service.folder) as accounts:
        key = accounts.add_key("camera", [Scope.ANALYZE])
    address = socket_url(service, "/api/v1/live")
    page = socket_url(service, "/_stcore/stream")
    bearer = {"Authorization": f"Bearer {key}"}
    with (
        connect(address, additional_headers=bearer) as by_key,
        connect(page, additional_headers=said(anna)) as by_page,
        connect(page, additional_headers=said(protected.visitors["ben"])) as others,
    ):
        with accounts_of(service.folder) as accounts:
            accounts.revoke_key(key.split("_")[1])
        anna.post("/sign-out")
        for gone in (by_key, by_page):
            with suppress(ConnectionClosed):
                while gone.recv(timeout=20):
                    pass
            assert gone.close_code is not None
        others.ping().wait(20)
    sign_in(protected.visitors)


def test_headers_of_a_proxy_are_used_only_if_the_proxy_is_trusted(
    protected: ProtectedService, tmp_path: Path
) -> None:
    with accounts_of(tmp_path) as accounts:
        accounts.add_user("anna", PASSWORD, [Scope.READ])
    with serving(tmp_path, "--sign-in", trusted_proxies='["192.0.2.0/24"]') as strict:
        for service, trusts in ((protected.service, True), (strict, False)):
            told = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https"}
            with httpx.Client(base_url=service.url, headers=told, timeout=30) as client:
                form = {"name": "anna", "password": PASSWORD}
                cookie = client.post("/sign-in", data=form).headers["set-cookie"]
            assert ("Secure" in cookie) == trusts
            audit = (service.folder / "data" / "audit.jsonl").read_text()
            assert ("198.51.100.7" in audit) == trusts


def test_videos_of_one_user_are_not_found_by_other_users(protected: ProtectedService) -> None:
    for suffix in ("", "/readings", "/annotated", "/cancel"):
        for name in ("ben", "other", "read"):
            method = "POST" if suffix == "/cancel" and name != "read" else "GET"
            path = f"/api/v1/videos/{protected.video}{suffix}"
            if suffix == "/cancel" and name == "read":
                continue
            answer = protected.visitors[name].request(method, path)
            assert answer.status_code == 404, (name, path)
    assert protected.visitors["ben"].delete(f"/api/v1/videos/{protected.video}").status_code == 404
    assert protected.visitors["ben"].get("/api/v1/videos").json() == {"videos": []}
    (own,) = protected.visitors["anna"].get("/api/v1/videos").json()["videos"]
    assert own["id"] == protected.video


def session_routes() -> list[tuple[str, str]]:
    return [(m, p) for m, p in MATRIX if p.startswith("/api/v1/sessions/{session_id}")]


@pytest.mark.parametrize(("method", "path"), session_routes(), ids=lambda part: part)
def test_session_of_one_user_is_not_found_by_other_users(
    method: str, path: str, protected: ProtectedService
) -> None:
    own = path.replace("{session_id}", protected.session).replace("{seat}", "1")
    for name in MATRIX[method, path] - {"anna"}:
        client = protected.visitors[name]
        if method == "WEBSOCKET":
            address = socket_url(protected.service, own)
            with (
                pytest.raises(InvalidStatus) as told,
                connect(address, additional_headers=said(client)),
            ):
                pass
            status = told.value.response.status_code
        else:
            body: dict[str, object] = {"time": 60, "faces": []}
            if path.endswith("/marks"):
                body = {"label": "mine"}
            elif method == "PUT":
                body = {"name": "Eve", "consent": "none"}
            params = {"time": "1", "label": "mine"} if method == "DELETE" else {}
            answer = client.request(
                method, own, params=params, json=body if method in ("POST", "PUT") else None
            )
            status = answer.status_code
        assert status == 404, name
    # The session is unchanged, and its owner still has it.
    (listed,) = protected.visitors["anna"].get("/api/v1/sessions").json()["sessions"]
    assert listed["id"] == protected.session
    # A session counts as interrupted if no readings were sent for a while.
    assert listed["state"] in ("recording", "interrupted")
    kept = (
        protected.visitors["anna"].get(f"/api/v1/sessions/{protected.session}/mood").json()["mood"]
    )
    assert kept["time"] == 2.0


def test_sessions_of_other_users_are_not_listed(protected: ProtectedService) -> None:
    nothing: dict[str, object] = {"sessions": [], "next": None}
    for name in READ - {"anna"}:
        assert protected.visitors[name].get("/api/v1/sessions").json() == nothing


def test_profiles_of_one_user_are_not_found_by_other_users(protected: ProtectedService) -> None:
    picture = {"file": ("me.jpg", EXAMPLE.read_bytes())}
    for name in ("ben", "other"):
        client = protected.visitors[name]
        assert client.get("/api/v1/profiles").json() == {"profiles": []}
        for suffix in ("", "/evaluate", "/export"):
            assert client.get(f"/api/v1/profiles/masked{suffix}").status_code == 404
        assert client.delete("/api/v1/profiles/masked").status_code == 404
        used = client.post("/api/v1/analyze", params={"profiles": "masked"}, files=picture)
        assert used.status_code == 404
    # A profile of the same name of another user is a different profile.
    ben, anna = protected.visitors["ben"], protected.visitors["anna"]
    exported = anna.get("/api/v1/profiles/masked/export").content
    assert ben.put("/api/v1/profiles/masked", content=exported).status_code == 200
    assert ben.delete("/api/v1/profiles/masked").status_code == 204
    assert anna.get("/api/v1/profiles/masked").json()["kind"] == "state"
    assert "No profiles yet" in run_cli(protected.service.folder, "profiles", "list").stdout


def test_sign_in_redirects_to_paths_of_this_service_only(protected: ProtectedService) -> None:
    page = httpx.get(f"{protected.service.url}/upload", headers={"Accept": "text/html"})
    assert page.status_code == 303
    assert page.headers["location"] == "/sign-in?next=/upload"
    for foreign in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        form = {"name": "anna", "password": PASSWORD, "next": foreign}
        answer = httpx.post(f"{protected.service.url}/sign-in", data=form)
        assert answer.headers["location"] == "/"
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie


def test_user_header_sent_by_a_client_is_ignored(protected: ProtectedService) -> None:
    headers = {"X-Roomread-User": "user:1", "Cookie": "roomread_session=abc"}
    assert httpx.get(f"{protected.service.url}/", headers=headers).status_code == 401


@pytest.mark.parametrize("path", ["/", "/_stcore/host-config", "/api/v1/models", "/metrics"])
@pytest.mark.parametrize("host", ["x/healthz?", "x/healthz#", "127.0.0.1/sign-in?a="])
def test_forged_host_header_or_unusual_path_does_not_make_a_route_public(
    host: str, path: str, protected: ProtectedService
) -> None:
    named = {"Host": host}
    # A malformed host is refused before the path is checked.
    assert httpx.get(f"{protected.service.url}{path}", headers=named).status_code == 400
    assert httpx.get(f"{protected.service.url}{path}").status_code == 401
    for odd in ("/healthz%3F", "/healthz%2F..%2F", "//healthz", "/sign-in%23/", "/HEALTHZ"):
        assert httpx.get(f"{protected.service.url}{odd}").status_code == 401


def test_removed_user_is_signed_out_at_once_and_wrong_passwords_are_rate_limited(
    protected: ProtectedService,
) -> None:
    with accounts_of(protected.service.folder) as accounts:
        accounts.add_user("cleo", PASSWORD, [Scope.READ])
    # Use an address that no other test uses, because further sign-ins from it are held back.
    from_elsewhere = httpx.HTTPTransport(local_address="127.0.0.2")
    client = httpx.Client(base_url=protected.service.url, transport=from_elsewhere)
    assert client.post("/sign-in", data={"name": "cleo", "password": PASSWORD}).status_code == 303
    assert client.get("/api/v1/models").status_code == 200
    with accounts_of(protected.service.folder) as accounts:
        accounts.remove_user("cleo")
    assert client.get("/api/v1/models").status_code == 401
    wrong = {"name": "cleo", "password": "x"}
    statuses = [client.post("/sign-in", data=wrong).status_code for _ in range(12)]
    assert set(statuses) == {403, 429}
    data = protected.service.folder / "data"
    refused = (data / "refused.jsonl").read_text()
    assert refused.count("sign-in refused") == refused.count("sign-in held back") == 1
    written = protected.service.log() + (data / "audit.jsonl").read_text() + refused
    assert "cleo" not in written
    assert PASSWORD not in written
    client.close()
