from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

pytest.importorskip("fastapi", reason="needs the app extra")

from starlette.testclient import TestClient

from api_client import client_of
from roomread.api import room_pages
from roomread.api.browser_pages import asset_url
from roomread.services.accounts import ALL_SCOPES, Principal, Scope
from roomread.services.capacity import ConcurrencyLimiter
from roomread.store import Store
from roomread.testing.fakes import temporary_store

ANNA, BEN = (Principal(f"user:{name}", ALL_SCOPES) for name in ("anna", "ben"))


@pytest.fixture
def store() -> Iterator[Store]:
    with temporary_store() as made:
        yield made


def client(store: Store, principal: Principal = ANNA) -> TestClient:
    limiter = ConcurrencyLimiter(running=1, waiting=1, what="session requests")
    context = SimpleNamespace(store=store, session_limiter=limiter)
    return client_of(room_pages.router, context, principal)


def new_room(store: Store, name: str, code: str) -> str:
    owned = store.owned_by(ANNA.id)
    session = owned.create(name)
    assert owned.rooms.add(session.id, code, faces=False)
    return session.id


def test_join_page_needs_no_account_and_loads_the_camera_panel(store: Store) -> None:
    answer = client(store, Principal("", frozenset())).get("/join")
    assert answer.status_code == 200
    assert asset_url("student/panel.js") in answer.text
    german = client(store).get("/join", headers={"Accept-Language": "de"}).text
    assert "Einem Raum beitreten" in german


def test_open_rooms_of_the_teacher_are_listed_with_their_codes(store: Store) -> None:
    open_room = new_room(store, "Algebra <7b>", "K7QXM3PD")
    closed = new_room(store, "Biology 7b", "H4JMN2PQ")
    store.owned_by(ANNA.id).rooms.replace_code(closed, None)
    text = client(store).get("/room").text
    assert f'<a href="/room/{open_room}">Algebra &lt;7b&gt;</a> · K7QX-M3PD' in text
    assert "Biology 7b" not in text
    assert "Algebra" not in client(store, BEN).get("/room").text


@pytest.mark.parametrize(("purpose", "offered"), [("research", True), ("personal", False)])
def test_reading_faces_is_offered_only_where_the_purpose_allows_it(
    store: Store, monkeypatch: pytest.MonkeyPatch, purpose: str, *, offered: bool
) -> None:
    monkeypatch.setenv("ROOMREAD_PURPOSE", purpose)
    room_id = new_room(store, "Algebra 7b", "K7QXM3PD")
    assert ('id="faces"' in client(store).get("/room").text) is offered
    assert ("/share?room=" in client(store).get(f"/room/{room_id}").text) is offered


def test_teacher_board_shows_the_code_and_the_link_of_its_room(store: Store) -> None:
    room_id = new_room(store, "Algebra <7b>", "K7QXM3PD")
    answer = client(store).get(f"/room/{room_id}")
    assert "<h1>Algebra &lt;7b&gt;</h1>" in answer.text
    assert f'data-room="{room_id}"' in answer.text
    assert 'href="http://127.0.0.1/join?code=K7QX-M3PD"' in answer.text


def test_teacher_board_of_a_closed_room_redirects_to_the_lesson_page(store: Store) -> None:
    room_id = new_room(store, "Algebra 7b", "K7QXM3PD")
    store.owned_by(ANNA.id).rooms.replace_code(room_id, None)
    answer = client(store).get(f"/room/{room_id}", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/lessons?session={room_id}"


def test_room_page_of_another_teacher_is_not_found(store: Store) -> None:
    room_id = new_room(store, "Algebra 7b", "K7QXM3PD")
    answers = [client(store, BEN).get(f"/room/{each}") for each in (room_id, "00000000")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert "Algebra" not in answers[0].text


def test_user_with_only_the_read_scope_cannot_open_teacher_pages(store: Store) -> None:
    room_id = new_room(store, "Algebra 7b", "K7QXM3PD")
    reader = client(store, Principal(ANNA.id, frozenset({Scope.READ})))
    for path in ("/room", f"/room/{room_id}"):
        answer = reader.get(path)
        assert answer.status_code == 403
        assert answer.json()["detail"] == "the scope 'analyze' is required"
