from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Row

from fake_page import FakePage
from roomread.formats.comparison_chart import MOST_LESSONS
from roomread.store import Mark, OwnerStore, Session, Store, rows
from roomread.store.rows import to_session
from roomread.web import lesson_list, vanished
from roomread.web.lesson_list import _matches, delete_lessons, show_lessons


@pytest.fixture
def store(tmp_path: Path) -> Iterator[OwnerStore]:
    opened = Store(f"sqlite:///{tmp_path / 'roomread.db'}")
    yield opened.owned_by("user:1")
    opened.close()


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakePage:
    made = FakePage()
    monkeypatch.setenv("ROOMREAD_DATA_FOLDER", str(tmp_path))
    monkeypatch.setattr(lesson_list, "st", made)
    monkeypatch.setattr(vanished, "st", made)
    return made


def test_lesson_is_found_by_its_name_its_day_and_its_activities(store: OwnerStore) -> None:
    lesson = store.create("Übung 7b")
    store.mark(lesson.id, [Mark(1.0, "group work")])
    day = f"{lesson.started_at.astimezone():%Y-%m-%d}"
    (heading,) = store.listing.headings()
    for wanted in ("", "übung", f"7B {day}", "GROUP work übung"):
        assert _matches(heading, wanted)
    assert not _matches(heading, "übung 7c")


def test_page_shows_that_no_lesson_is_stored(page: FakePage, store: OwnerStore) -> None:
    show_lessons(store)
    assert page.texts("caption") == ["No lesson is stored yet."]


def test_page_shows_that_a_search_has_no_result(page: FakePage, store: OwnerStore) -> None:
    store.create("Algebra 7b")
    page.answers = {"Search": "history"}
    show_lessons(store)
    assert page.texts("info") == ["No lesson has these words."]
    assert page.texts("checkbox") == []


def test_at_most_fifty_lessons_are_shown_and_the_number_of_older_lessons_is_stated(
    page: FakePage, store: OwnerStore
) -> None:
    for number in range(53):
        store.create(f"lesson {number}")
    show_lessons(store)
    assert len(page.texts("checkbox")) == 50
    assert "3 older ones are not shown: search for them." in page.texts("caption")


def test_search_finds_a_lesson_that_is_too_old_for_the_list(
    page: FakePage, store: OwnerStore
) -> None:
    store.mark(store.create("Algebra 7b").id, [Mark(1.0, "group work")])
    for number in range(50):
        store.create(f"lesson {number}")
    show_lessons(store)
    assert "Algebra 7b" not in page.texts("button")
    page.answers = {"Search": "group"}
    show_lessons(store)
    assert "Algebra 7b" in page.texts("button")


def test_list_reads_only_the_lessons_that_it_shows(
    page: FakePage, store: OwnerStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("history", *(f"lesson {number}" for number in range(60))):
        store.create(name)
    read: list[str] = []

    def note(row: Row[Any]) -> Session:
        session = to_session(row)
        read.append(session.name)
        return session

    monkeypatch.setattr(rows, "to_session", note)
    show_lessons(store)
    assert read == [f"lesson {number}" for number in range(59, 9, -1)]
    read.clear()
    page.answers = {"Search": "history"}
    show_lessons(store)
    assert read[50:] == ["history"]


def test_actions_are_offered_for_the_chosen_lessons(page: FakePage, store: OwnerStore) -> None:
    lessons = [store.create(f"lesson {number}") for number in range(MOST_LESSONS + 1)]
    page.session_state[f"{lesson_list._CHOSEN}{lessons[0].id}"] = True
    show_lessons(store)
    assert page.texts("download_button") == ["Export 1 lesson (ZIP)"]
    assert not any(text.startswith("Compare") for text in page.texts("button"))
    for lesson in lessons:
        page.session_state[f"{lesson_list._CHOSEN}{lesson.id}"] = True
    show_lessons(store)
    assert page.element(f"Compare {len(lessons)} lessons").options["disabled"]


def test_deletion_is_reported_once_with_the_lessons_that_were_already_deleted(
    page: FakePage, store: OwnerStore
) -> None:
    gone, deleted, kept = (store.create(name) for name in ("gone", "deleted", "kept"))
    show_lessons(store)
    store.delete(gone.id)
    delete_lessons(store, [gone.id, deleted.id])
    for _ in range(2):
        show_lessons(store)
    assert [lesson.id for lesson in store.sessions()] == [kept.id]
    assert page.texts("success") == ["1 lesson deleted"]
    assert page.texts("warning") == ["No longer stored, because they were deleted or too old: gone"]


def test_lesson_is_reported_as_deleted_only_if_it_is_no_longer_stored(
    page: FakePage, store: OwnerStore
) -> None:
    gone = store.create("gone")
    store.create("kept")
    show_lessons(store)
    for number in range(50):
        store.create(f"lesson {number}")
    show_lessons(store)
    assert page.texts("warning") == []
    store.delete(gone.id)
    show_lessons(store)
    assert page.texts("warning") == ["No longer stored, because they were deleted or too old: gone"]
