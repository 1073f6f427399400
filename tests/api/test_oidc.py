"""Sign-in at an OpenID Connect provider, which runs in a separate process."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from program import free_port
from roomread.services.accounts import Scope
from serving import Service, accounts_of, run_cli, serving

pytestmark = pytest.mark.skipif(
    find_spec("oidc_provider_mock") is None, reason="the dev group has it"
)
SECRET = "what only this service and the provider know"  # noqa: S105 (of nobody)
PEOPLE = {
    "anna": {"email": "Anna@school.example", "email_verified": True},
    "stranger": {"email": "stranger@elsewhere.example", "email_verified": True},
    # A later account to which the provider assigned anna's address.
    "heir": {"email": "anna@school.example", "email_verified": True},
    "liar": {"email": "anna@school.example", "email_verified": False},
    "nameless": {},
}


@contextlib.contextmanager
def provider(folder: Path, port: int) -> Iterator[str]:
    """Start a provider, and yield its URL."""
    people = [json.dumps({"sub": sub} | claims) for sub, claims in PEOPLE.items()]
    users = [argument for claims in people for argument in ("--user-claims", claims)]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), *users]
    with (folder / "provider.log").open("wb") as log:
        process = subprocess.Popen([*command, "--require-nonce"], stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 60
    try:
        while True:
            with contextlib.suppress(httpx.HTTPError):
                httpx.get(f"{address}/jwks")
                break
            assert process.poll() is None, (folder / "provider.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    assert not run_cli(folder, "users", "add", "anna@school.example", "--oidc").returncode
    client = {"oidc_client_id": "roomread", "oidc_client_secret": SECRET}
    with (
        provider(folder, free_port()) as issuer,
        serving(folder, "--sign-in", oidc_issuer=issuer, **client) as running,
    ):
        yield running


@pytest.fixture
def browser(service: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.url, timeout=30) as client:
        yield client


def sent_back(browser: httpx.Client, who: str, *, path: str = "/upload") -> str:
    """Return the URL to which the provider redirects a person who signs in there."""
    asked = browser.get("/sign-in/provider", params={"next": path})
    assert asked.status_code == 302
    query = parse_qs(urlsplit(asked.headers["location"]).query)
    assert query["code_challenge_method"] == ["S256"]
    answer = httpx.post(asked.headers["location"], data={"sub": who})
    assert answer.status_code in (302, 303), answer.text
    return answer.headers["location"]


def test_user_signs_in_with_the_account_that_the_provider_confirms(
    browser: httpx.Client, service: Service
) -> None:
    page = browser.get("/upload", headers={"Accept": "text/html"}, follow_redirects=True)
    assert "Sign in with 127.0.0.1" in page.text
    back = sent_back(browser, "anna")
    assert back.startswith(f"{service.url}/sign-in/back?")
    came = browser.get(back)
    assert (came.status_code, came.headers["location"]) == (303, "/upload")
    assert browser.get("/api/v1/sessions").json() == {"sessions": [], "next": None}
    assert "Read a picture" in browser.get("/upload").text
    with httpx.Client(base_url=service.url) as other:
        refused = other.get(sent_back(other, "heir"))
        assert refused.status_code == 403
        assert "signed in with another account before" in refused.text
    # The callback URL is valid once, and only in the browser that began the sign-in.
    assert browser.get(back).status_code == 403
    with httpx.Client(base_url=service.url) as other:
        assert other.get(back).status_code == 403
        assert other.get(sent_back(browser, "anna")).status_code == 403
    with accounts_of(service.folder) as accounts:
        assert accounts.check_password("anna@school.example", "provider") is None
        accounts.remove_user("anna@school.example")
        assert browser.get("/api/v1/sessions").status_code == 401
        accounts.add_user("anna@school.example", None, [Scope.READ, Scope.ANALYZE])


REFUSED = {
    "stranger": "stranger@elsewhere.example is not a user of this service",
    "liar": "did not verify the e-mail address",
    "nameless": "did not send the claim email",
}


@pytest.mark.parametrize("who", REFUSED)
def test_provider_account_that_is_unknown_or_has_no_verified_email_is_refused(
    who: str, browser: httpx.Client, service: Service
) -> None:
    answer = browser.get(sent_back(browser, who))
    assert answer.status_code == 403
    assert REFUSED[who] in answer.text
    assert browser.get("/api/v1/models").status_code == 401
    written = service.log() + (service.folder / "data" / "audit.jsonl").read_text()
    assert "stranger" not in written
    assert SECRET not in written


def test_callback_without_the_state_of_the_started_sign_in_is_refused(
    browser: httpx.Client,
) -> None:
    browser.get("/sign-in/provider")
    for query in ("", "?code=x", "?code=x&state=y", "?error=access_denied&state=y", "?state=%00"):
        answer = browser.get(f"/sign-in/back{query}")
        assert answer.status_code == 403
        assert "did not confirm your identity" in answer.text
    evil = browser.get("/sign-in/back", params={"error": "<script>alert(1)</script>"})
    assert "<script>" not in evil.text


def test_sign_in_redirects_to_pages_of_this_service_only(browser: httpx.Client) -> None:
    came = browser.get(sent_back(browser, "anna", path="https://evil.example/"))
    assert came.headers["location"] == "/"
