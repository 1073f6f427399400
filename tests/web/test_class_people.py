from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from collections.abc import Iterator
from pathlib import Path

from fake_page import FakePage, RerunError
from recorded_classes import class_with_people
from roomread.store import OwnerStore, Session, Store
from roomread.web import class_people
from roomread.web.class_people import show_people, show_purge

SEAT = "Seat"


@pytest.fixture
def everything(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'roomread.db'}")
    yield opened
    opened.close()


@pytest.fixture
def store(everything: Store) -> OwnerStore:
    return everything.owned_by("user:1")


@pytest.fixture
def lesson(store: OwnerStore) -> Session:
    return class_with_people(store)


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> FakePage:
    """Return a fake page without the chart of the seats."""
    made = FakePage()
    monkeypatch.setattr(class_people, "st", made)
    monkeypatch.setattr(class_people, "show_seats", lambda *_, **__: None)
    return made


def draw(page: FakePage, store: OwnerStore, session: Session, **answers: object) -> None:
    page.answers = {name.replace("_", " "): value for name, value in answers.items()}
    show_people(store, session, store.readings(session.id), span=(0.0, 60.0))


def test_controls_of_a_seat_appear_after_the_seat_is_chosen(
    page: FakePage, store: OwnerStore, lesson: Session
) -> None:
    draw(page, store, lesson)
    assert page.texts("button") == []
    seats = page.element(SEAT)
    assert list(seats.values[0]) == list(range(1, 9))
    draw(page, store, lesson, Seat=3)
    assert page.texts("button") == ["Forget seat 3"]
    assert "This seat has no name." in page.texts("caption")


def test_named_seat_is_shown_with_the_name_and_the_consent(
    page: FakePage, store: OwnerStore, lesson: Session
) -> None:
    store.enrol(lesson.id, 3, "Ada_L", consent="letter")
    draw(page, store, lesson, Seat=3)
    name_of = page.element(SEAT).options["format_func"]
    assert [name_of(seat) for seat in (2, 3)] == ["2", "3 · Ada_L"]
    (consent,) = page.texts("markdown")
    assert consent.startswith("**Ada\\_L** agreed to be named: letter (recorded on ")


def test_naming_a_seat_requires_the_consent_of_the_person(
    page: FakePage, store: OwnerStore, lesson: Session
) -> None:
    page.answers = {SEAT: 3, "The person's name": "Ada", "Name this seat": True}
    show_people(store, lesson, store.readings(lesson.id), span=(0.0, 60.0))
    (error,) = page.texts("error")
    assert "needs the person's consent" in error
    assert store.people(lesson.id) == []
    page.answers = {**page.answers, "How this person agreed to be named": "letter"}
    with pytest.raises(RerunError):
        show_people(store, lesson, store.readings(lesson.id), span=(0.0, 60.0))
    assert [person.name for person in store.people(lesson.id)] == ["Ada"]


def test_forgetting_a_seat_clears_the_choice_and_is_reported_once(
    page: FakePage, store: OwnerStore, lesson: Session
) -> None:
    draw(page, store, lesson, Seat=3)
    page.session_state[f"seat{lesson.id}"] = 3
    forget = page.element("Forget seat 3").options
    forget["on_click"](*forget["args"])
    assert page.session_state[f"seat{lesson.id}"] is None
    assert 3 not in store.readings(lesson.id).seats
    for _ in range(2):
        draw(page, store, lesson)
    assert page.texts("success") == ["Seat 3 is forgotten: 60 readings were deleted."]


def test_forgetting_a_seat_of_a_deleted_lesson_shows_an_error(
    page: FakePage, store: OwnerStore, lesson: Session
) -> None:
    store.delete(lesson.id)
    class_people._forget(store, lesson, 3, 60)
    class_people._show_outcome(class_people._FORGOTTEN)
    (error,) = page.texts("error")
    assert "there is no session" in error


def test_person_is_deleted_from_all_lessons_and_their_number_is_shown(
    page: FakePage, everything: Store, store: OwnerStore
) -> None:
    for _ in range(2):
        store.enrol(class_with_people(store).id, 3, "Ada", consent="letter")
    page.answers = {"Lessons older than this many days": 90, "All data of the person named": "Ada"}
    show_purge(everything.operator)
    assert page.texts("caption") == ["No lesson is that old."]
    forget = page.element("Forget these 2 seats").options
    forget["on_click"](*forget["args"])
    assert page.session_state["forget_name"] == ""
    page.answers = {"Lessons older than this many days": 90, "All data of the person named": "Ada"}
    show_purge(everything.operator)
    assert page.texts("success") == ["2 seats forgotten"]
    assert "No seat has this name." in page.texts("caption")
