"""Tests of `roomread app`, the service for this computer only, run as a separate process."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from serving import Service, run_cli, serving

EXAMPLE = Path(__file__).parents[2] / "examples" / "astronaut.jpg"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(tmp_path_factory.mktemp("app"), "--no-browser", command="app") as running:
        yield running


def port_of(app: Service) -> str:
    return app.url.rpartition(":")[2]


def test_app_serves_the_web_app_the_api_and_the_upload_page(app: Service) -> None:
    with httpx.Client(base_url=app.url, timeout=60) as client:
        assert "<title>" in client.get("/").text
        assert client.get("/upload").is_success
        answer = client.post("/api/v1/analyze", content=EXAMPLE.read_bytes())
        assert answer.json()["pictures"][0]["frame"]["faces"][0]["expression"] == "happy"
        settings = client.get("/api/v1/settings").json()
        assert settings["sign_in"] is False
        assert settings["local_files"] is True


def test_app_listens_on_localhost_only(app: Service) -> None:
    assert app.url.startswith("http://127.0.0.1:")
    said = run_cli(app.folder, "app", "--address", "0.0.0.0")  # noqa: S104
    assert said.returncode == 2
    assert "No such option: --address" in said.stderr


@pytest.mark.parametrize("path", ["/_stcore/stream", "/api/v1/live"])
def test_page_of_another_site_cannot_reach_the_app_by_dns_rebinding(
    app: Service, path: str
) -> None:
    host = f"evil.example:{port_of(app)}"
    told = {"Host": host, "Origin": f"http://{host}"}
    assert httpx.get(app.url, headers=told).status_code == 403
    led_here = socket.create_connection(("127.0.0.1", int(port_of(app))))
    with (
        pytest.raises(InvalidStatus, match="403"),
        connect(f"ws://{host}{path}", sock=led_here, origin=Origin(f"http://{host}")),
    ):
        pass


def test_page_of_another_local_port_cannot_open_a_websocket(app: Service) -> None:
    address = app.url.replace("http", "ws") + "/_stcore/stream"
    foreign = {"Origin": "http://127.0.0.1:1"}
    with pytest.raises(InvalidStatus, match="403"), connect(address, additional_headers=foreign):
        pass


def test_second_app_of_the_same_user_is_refused_in_one_line(app: Service) -> None:
    second = run_cli(app.folder, "app", "--port", "0", "--no-browser")
    assert second.returncode == 2
    assert second.stderr.count("\n") == 1
    assert "is in use by another roomread app or roomread serve" in second.stderr


def test_port_in_use_is_reported_in_one_line(app: Service, tmp_path: Path) -> None:
    taken = run_cli(tmp_path, "app", "--port", port_of(app), "--no-browser")
    assert taken.returncode == 2
    assert taken.stderr.count("\n") == 1
    assert "the port is in use" in taken.stderr
    assert "--port" in taken.stderr


def test_two_apps_with_different_data_folders_run_at_the_same_time(
    app: Service, tmp_path: Path
) -> None:
    with serving(tmp_path, "--no-browser", command="app") as other:
        assert other.url != app.url
        assert httpx.get(f"{other.url}/readyz").is_success
        assert httpx.get(f"{app.url}/readyz").is_success


def test_ctrl_c_ends_the_app_cleanly_while_a_page_is_open(tmp_path: Path) -> None:
    with serving(tmp_path, "--no-browser", command="app") as app:
        address = app.url.replace("http", "ws") + "/_stcore/stream"
        with connect(address, subprotocols=["streamlit"]):  # type: ignore[list-item]
            assert app.end(signal.SIGINT) == 0
    # The output is the line with the URL and nothing else.
    assert app.log().splitlines() == [f"Roomread is at {app.url} until you press Ctrl-C."]


def test_app_prints_no_requests_and_writes_a_json_audit_log(app: Service) -> None:
    httpx.get(f"{app.url}/api/v1/models")
    assert "/api/v1/models" not in app.log()
    audit = (app.folder / "data" / "audit.jsonl").read_text()
    assert all(json.loads(line) for line in audit.splitlines())
