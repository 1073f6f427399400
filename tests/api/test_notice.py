from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("fastapi", reason="needs the app extra")

from fastapi import FastAPI
from starlette.testclient import TestClient

from roomread.api import notice
from roomread.api.metrics import Metrics
from roomread.api.request_log import RequestLogMiddleware
from roomread.services.notice import qr_code
from roomread.settings.environment import Settings


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("ROOMREAD_PURPOSE", "research")
    api = FastAPI()
    api.include_router(notice.router)
    api.state.context = SimpleNamespace(settings=Settings(responsible="Ms Lee, room 12"))
    with TestClient(RequestLogMiddleware(api, Metrics()), base_url="https://a.example") as made:
        yield made


def test_privacy_notice_is_in_the_language_of_the_visitor_and_has_a_qr_code_of_its_url(
    client: TestClient,
) -> None:
    page = client.get("/notice?lang=en", headers={"Accept-Language": "fr"}).text
    assert '<html lang="en">' in page
    assert "Research, with the consent" in page
    assert "Ms Lee, room 12" in page
    assert qr_code("https://a.example/notice") in page
    assert 'href="?lang=hi"' in page
    french = client.get("/notice", headers={"Accept-Language": "fr"})
    assert '<html lang="fr">' in french.text
    assert "script" not in french.headers["content-security-policy"]
