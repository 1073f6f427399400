from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from collections.abc import Iterator
from pathlib import Path

from fake_page import FakePage
from recorded_classes import record_class
from roomread.errors import SessionNotFoundError
from roomread.store import Mark, OwnerStore, Session, Store
from roomread.web import lesson_comparison
from roomread.web.lesson_comparison import show_comparison


@pytest.fixture
def store(tmp_path: Path) -> Iterator[OwnerStore]:
    opened = Store(f"sqlite:///{tmp_path / 'roomread.db'}")
    yield opened.owned_by("user:1")
    opened.close()


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> FakePage:
    made = FakePage()
    monkeypatch.setattr(lesson_comparison, "st", made)
    monkeypatch.setattr(lesson_comparison, "show_svg", lambda svg, **_: made.svg(svg))
    monkeypatch.setattr(lesson_comparison, "show_table", lambda rows, **_: made.table("", rows))
    return made


def lesson(store: OwnerStore, name: str, *marks: Mark) -> Session:
    session = store.create(name)
    record_class(store, session, people=6)
    store.mark(session.id, marks)
    return session


def rows(page: FakePage) -> list[dict[str, str]]:
    (table,) = (each for each in page.drawn if each.kind == "table")
    found: list[dict[str, str]] = table.values[0]
    return found


def test_lessons_can_be_aligned_at_marks_that_occur_in_every_lesson(
    page: FakePage, store: OwnerStore
) -> None:
    first = lesson(store, "7b", Mark(20, "quiz"), Mark(10, "film"), Mark(40, "quiz"))
    second = lesson(store, "7c", Mark(30, "quiz"))
    page.answers = {"Aligned at": "quiz"}
    show_comparison(store, [first.id, second.id])
    assert page.element("Aligned at").values[0] == [None, "quiz"]
    assert [row["from"] for row in rows(page)] == ["0:20", "0:30"]
    assert "**Means of quiz**" in page.texts("markdown")
    assert page.texts("svg")[0].startswith("<svg")


def test_whole_lessons_are_compared_from_their_start(page: FakePage, store: OwnerStore) -> None:
    ids = [lesson(store, name).id for name in ("7b", "7c")]
    show_comparison(store, [*ids, ids[0]])
    shown = rows(page)
    assert [row["lesson"].split(" ")[0] for row in shown] == ["7b", "7c"]
    assert {row["present"] for row in shown} == {"6"}
    assert {row["falls"] for row in shown} == {"0"}


def test_lesson_without_a_mood_is_named_in_a_warning_and_left_out(
    page: FakePage, store: OwnerStore
) -> None:
    empty, full = store.create("empty"), lesson(store, "7b")
    show_comparison(store, [empty.id, full.id])
    assert page.texts("warning") == ["Without any mood: empty"]
    assert len(rows(page)) == 1
    show_comparison(store, [empty.id, empty.id])
    assert page.texts("svg")[1:] == []


def test_comparing_unknown_lessons_raises_a_session_not_found_error(
    page: FakePage, store: OwnerStore
) -> None:
    with pytest.raises(SessionNotFoundError):
        show_comparison(store, ["00000000", "11111111"])
    assert page.texts("svg") == []
