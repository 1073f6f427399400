from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from fake_service import FakeService, refused
from roomread.client import Client, ServiceError
from roomread.client.connection import as_file, error_of


def test_refused_request_raises_an_error_with_the_message_of_the_service() -> None:
    with pytest.raises(ServiceError) as caught:
        FakeService(lambda _: refused(503, {"retry-after": "7"})).client().models()
    error = caught.value
    assert (error.problem, error.hint, error.status) == ("wrong", "do better", 503)
    assert error.retry_after == 7


def test_error_response_without_problem_details_raises_an_error_with_its_status() -> None:
    with pytest.raises(ServiceError, match="the service returned status 502") as caught:
        FakeService(lambda _: httpx.Response(502, text="<html>")).client().models()
    assert caught.value.retry_after is None


def test_unreachable_service_raises_an_error_without_a_status() -> None:
    def away(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(ServiceError, match="no response: refused") as caught:
        FakeService(away).client().models()
    assert caught.value.status is None


@pytest.mark.parametrize("content", [b"<html>", b"[]", b"", b"\xff"])
def test_error_response_with_damaged_problem_details_raises_an_error_with_its_status(
    content: bytes,
) -> None:
    headers = {"content-type": "application/problem+json"}
    service = FakeService(lambda _: httpx.Response(503, content=content, headers=headers))
    with pytest.raises(ServiceError, match="the service returned status 503") as caught:
        service.client().models()
    assert caught.value.status == 503


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:8501", "ftp://host", "http://", "http://host:port", "http://[::1"]
)
def test_text_that_is_not_the_url_of_a_service_is_refused(url: str) -> None:
    with pytest.raises(ServiceError) as caught:
        Client(url)
    assert caught.value.hint == "name a URL such as http://127.0.0.1:8501"


def test_service_url_may_have_a_path_and_end_in_a_slash() -> None:
    service = FakeService(lambda _: httpx.Response(200, json={"models": []}))
    service.client("https://school.example/roomread/").models()
    assert service.requests[0].url == "https://school.example/roomread/api/v1/models"


def test_retry_after_that_is_a_date_is_ignored() -> None:
    service = FakeService(lambda _: refused(503, {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}))
    with pytest.raises(ServiceError) as caught:
        service.client().models()
    assert caught.value.retry_after is None


def test_error_for_a_problem_without_detail_names_its_status() -> None:
    assert str(error_of({"status": 418})) == "the service returned status 418"


def test_picture_is_sent_under_its_file_name(tmp_path: Path) -> None:
    path = tmp_path / "me.jpg"
    path.write_bytes(b"pixels")
    assert as_file(path) == as_file(str(path)) == ("me.jpg", b"pixels")
    assert as_file(b"pixels") == ("picture", b"pixels")
