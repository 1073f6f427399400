from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

pytest.importorskip("fastapi", reason="needs the app extra")

from starlette.testclient import TestClient

from api_client import client_of
from roomread.api import share


@pytest.fixture
def sign_in() -> bool:
    return False


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch, *, sign_in: bool) -> Iterator[TestClient]:
    taught = SimpleNamespace(room_states=lambda: ["bored <1>"])
    monkeypatch.setattr(share, "teaching_service", lambda *_: taught)
    context = SimpleNamespace(auth=SimpleNamespace(sign_in=sign_in))
    with client_of(share.router, context) as made:
        yield made


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Unset the variables of the intended use, and return the monkeypatch to set them with."""
    for name in ("ROOMREAD_PURPOSE", "ROOMREAD_REGION"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_share_page_offers_the_states_that_the_user_has_taught(
    client: TestClient, use: pytest.MonkeyPatch
) -> None:
    use.setenv("ROOMREAD_PURPOSE", "research")
    text = client.get("/share").text
    assert 'name="state" value="bored &lt;1&gt;"' in text
    use.setattr(share, "teaching_service", lambda *_: SimpleNamespace(room_states=list))
    assert 'name="state"' not in client.get("/share").text


def test_share_page_of_a_local_service_says_that_pictures_stay_on_the_computer(
    client: TestClient, use: pytest.MonkeyPatch
) -> None:
    use.setenv("ROOMREAD_PURPOSE", "research")
    text = client.get("/share").text
    assert "No picture leaves it" in text
    assert "memory of this server" not in text


@pytest.mark.parametrize("sign_in", [True])
def test_share_page_of_a_server_says_that_pictures_reach_the_memory_of_the_server(
    client: TestClient, use: pytest.MonkeyPatch
) -> None:
    use.setenv("ROOMREAD_PURPOSE", "research")
    text = client.get("/share").text
    assert "memory of this server" in text
    assert "No picture leaves it" not in text


def test_personal_purpose_allows_reading_a_video_call_but_not_recording_a_session(
    client: TestClient, use: pytest.MonkeyPatch
) -> None:
    use.setenv("ROOMREAD_PURPOSE", "personal")
    text = client.get("/share").text
    assert "No session can be recorded: this installation is for its user alone" in text
    assert '<form id="record" hidden>' in text
    assert 'id="choose"' in text


def test_reading_a_video_call_is_refused_at_a_school_in_the_european_union(
    client: TestClient, use: pytest.MonkeyPatch
) -> None:
    use.setenv("ROOMREAD_PURPOSE", "work-or-school")
    use.setenv("ROOMREAD_REGION", "eu")
    text = client.get("/share").text
    assert "Article 5(1)(f)" in text
    assert 'id="choose"' not in text
    assert "share.js" not in text


def test_page_is_in_the_language_of_the_browser(
    client: TestClient, use: pytest.MonkeyPatch
) -> None:
    use.setenv("ROOMREAD_PURPOSE", "research")
    text = client.get("/share", headers={"Accept-Language": "de"}).text
    assert "Fenster des Anrufs wählen" in text
    assert "Choose" not in text
