from __future__ import annotations

import asyncio
import errno
import logging
from types import SimpleNamespace

import pytest

pytest.importorskip("starlette", reason="needs the app extra")
pytest.importorskip("prometheus_client", reason="needs the app extra")

from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from roomread.api.metrics import Metrics
from roomread.api.request_log import RequestLogMiddleware


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Respond to every request as the route of a video."""
    scope["route"] = SimpleNamespace(path="/api/v1/videos/{job_id}")
    await PlainTextResponse("done")(scope, receive, send)


async def fail(scope: Scope, receive: Receive, send: Send) -> None:
    """Raise an error whose message quotes the request."""
    del scope, receive, send
    raise ValueError("Anna-Secret.jpg")


def client_of(app: ASGIApp, metrics: Metrics) -> TestClient:
    return TestClient(RequestLogMiddleware(app, metrics), base_url="http://127.0.0.1")


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    logging.getLogger("roomread.service").propagate = True
    caplog.set_level(logging.INFO, logger="roomread.service")
    return caplog


def test_request_is_counted_and_logged_by_its_route_not_its_path(
    metrics: Metrics, lines: pytest.LogCaptureFixture
) -> None:
    client_of(answer, metrics).get("/api/v1/videos/secret-id")
    text = metrics.text().decode()
    series = (
        'roomread_requests_total{method="GET",route="/api/v1/videos/{job_id}",status="200"} 1.0'
    )
    assert series in text
    (record,) = lines.records
    assert record.__dict__["fields"]["route"] == "/api/v1/videos/{job_id}"
    assert "secret-id" not in text + str(record.__dict__)


def test_unknown_http_method_is_counted_as_other(metrics: Metrics) -> None:
    client_of(answer, metrics).request("INVENTED", "/api/v1/models")
    assert 'method="OTHER"' in metrics.text().decode()
    assert "INVENTED" not in metrics.text().decode()


def test_unexpected_error_is_reported_and_logged_without_its_message(
    metrics: Metrics, lines: pytest.LogCaptureFixture
) -> None:
    response = client_of(fail, metrics).get("/api/v1/models")
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    logged = "".join(str(record.__dict__["fields"]) for record in lines.records)
    assert "ValueError" in logged
    assert "Secret" not in response.text + logged


async def fail_bare(scope: Scope, receive: Receive, send: Send) -> None:
    """Fail as Starlette does: send a response, then raise the error."""
    await PlainTextResponse("Internal Server Error", 500)(scope, receive, send)
    raise OSError(errno.ENOSPC, "No space left on device", "/secret/place")


def test_full_disk_is_reported_as_a_problem_without_its_path(
    metrics: Metrics, lines: pytest.LogCaptureFixture
) -> None:
    response = client_of(fail_bare, metrics).get("/_stcore/upload_file/1")
    assert response.status_code == 507
    assert response.headers["content-type"] == "application/problem+json"
    assert "secret" not in response.text
    assert not [record for record in lines.records if record.levelno >= logging.ERROR]
    assert 'roomread_refusals_total{reason="no-space"} 1.0' in metrics.text().decode()


def test_plain_text_error_of_the_framework_is_replaced_by_problem_details(metrics: Metrics) -> None:
    response = client_of(PlainTextResponse("Internal Server Error", 500), metrics).get("/")
    assert response.status_code == 500
    assert response.json()["type"] == "urn:roomread:problem:failed"


@pytest.mark.parametrize(
    ("path", "framing", "caching"),
    [("/api/v1/models", "DENY", "no-store"), ("/", "SAMEORIGIN", None)],
)
def test_responses_of_api_and_web_app_have_security_headers(
    metrics: Metrics, path: str, framing: str, caching: str | None
) -> None:
    headers = client_of(answer, metrics).get(path).headers
    assert headers["x-frame-options"] == framing
    assert headers.get("cache-control") == caching
    assert headers["x-content-type-options"] == "nosniff"
    assert "strict-transport-security" not in headers


def test_https_response_has_strict_transport_security(metrics: Metrics) -> None:
    client = client_of(answer, metrics)
    client.base_url = "https://127.0.0.1"
    assert "max-age=" in client.get("/").headers["strict-transport-security"]


def test_connection_is_closed_if_the_request_body_was_not_read_to_its_end(
    metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("roomread.api.request_log._DRAIN_SECONDS", 0.01)
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b"more", "more_body": True}

    async def send(message: object) -> None:
        sent.append(dict(message))  # type: ignore[call-overload]  # an ASGI message is a mapping

    headers = [(b"host", b"127.0.0.1"), (b"transfer-encoding", b"chunked")]
    scope = {"type": "http", "method": "POST", "path": "/api/v1/analyze", "headers": headers}
    middleware = RequestLogMiddleware(answer, metrics)
    asyncio.run(middleware(scope | {"scheme": "http", "state": {}}, receive, send))
    assert (b"connection", b"close") in sent[0]["headers"]  # type: ignore[operator]  # a list
