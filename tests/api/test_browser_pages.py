from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="needs the app extra")

from fastapi import FastAPI, Request
from starlette.responses import Response
from starlette.testclient import TestClient

from roomread.api import browser_pages
from roomread.api.browser_pages import LANGUAGE_COOKIE, asset_url, browser_page
from roomread.api.metrics import Metrics
from roomread.api.problems import map_errors
from roomread.api.request_log import RequestLogMiddleware

ROOT = Path(__file__).parents[2]
PARTS = ("api/pages/*", "api/assets/**/*", "locales/*.po")


@pytest.fixture
def client() -> Iterator[TestClient]:
    """Yield a client of two pages and their assets, served with the service's security headers."""
    api = FastAPI()
    map_errors(api)
    api.include_router(browser_pages.router)

    @api.get("/upload")
    def page(request: Request) -> Response:
        return browser_page(request, "browser.html.j2")

    @api.get("/share")
    def framed(request: Request) -> Response:
        return browser_page(request, "browser.html.j2", framed=True)

    with TestClient(RequestLogMiddleware(api, Metrics()), base_url="http://127.0.0.1") as made:
        yield made


def test_page_language_is_taken_from_the_query_then_the_cookie_then_the_browser(
    client: TestClient,
) -> None:
    german = {"Accept-Language": "de, en;q=0.5"}
    assert '<html lang="de"' in client.get("/upload", headers=german).text
    chosen = client.get("/upload?lang=fr", headers=german)
    assert '<html lang="fr"' in chosen.text
    assert chosen.cookies[LANGUAGE_COOKIE] == "fr"
    assert '<html lang="fr"' in client.get("/upload", headers=german).text
    assert "Langue" in client.get("/upload", headers=german).text


def test_page_headers_allow_only_own_scripts_and_no_microphone(
    client: TestClient,
) -> None:
    headers = client.get("/upload").headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "display-capture=(self)" in headers["permissions-policy"]
    assert "microphone=()" in headers["permissions-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["x-frame-options"] == "DENY"


def test_page_embedded_by_the_app_cannot_be_embedded_by_other_sites(client: TestClient) -> None:
    framed, other = client.get("/share").headers, client.get("/upload").headers
    assert framed["x-frame-options"] == "SAMEORIGIN"
    expected = other["content-security-policy"].replace("ancestors 'none'", "ancestors 'self'")
    assert framed["content-security-policy"] == expected


def test_files_referenced_by_a_page_are_served_with_an_immutable_cache_header(
    client: TestClient,
) -> None:
    page = client.get("/upload?lang=es").text
    urls = re.findall(r'"(/assets/[^"]+)"', page)
    assert {url.rpartition("/")[2] for url in urls} == {"style.css", "es.json"}
    for url in urls:
        response = client.get(url)
        assert response.status_code == 200
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_script_is_served_as_javascript_with_a_content_security_policy(client: TestClient) -> None:
    response = client.get(asset_url("texts.js"))
    assert response.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "connect-src 'self'" in response.headers["content-security-policy"]


@pytest.mark.parametrize("name", ["../browser_pages.py", "%2e%2e/auth.py", "nothing.js", ""])
def test_path_that_is_not_an_asset_is_not_found(client: TestClient, name: str) -> None:
    folder = asset_url("texts.js").removesuffix("texts.js")
    assert client.get(folder + name).status_code == 404


def test_asset_of_another_version_is_not_found(client: TestClient) -> None:
    response = client.get("/assets/0123456789abcdef/texts.js")
    assert response.status_code == 404
    assert response.headers["cache-control"] == "no-store"


def test_requesting_the_url_of_a_missing_asset_raises_key_error() -> None:
    with pytest.raises(KeyError):
        asset_url("nothing.js")


def test_wheel_and_sdist_contain_every_page_asset_and_message_catalogue() -> None:
    pytest.importorskip("hatchling", reason="the dev group has it")
    from hatchling.builders.sdist import SdistBuilder  # noqa: PLC0415 (only here)
    from hatchling.builders.wheel import WheelBuilder  # noqa: PLC0415 (only here)

    source = ROOT / "src"
    found = [path for part in PARTS for path in (source / "roomread").glob(part)]
    wanted = {path.relative_to(source) for path in found if path.is_file()}
    assert len(wanted) > 10
    for builder, prefix in ((WheelBuilder(str(ROOT)), ""), (SdistBuilder(str(ROOT)), "src")):
        packed = {Path(file.distribution_path) for file in builder.recurse_included_files()}
        assert {prefix / path for path in wanted} <= packed
