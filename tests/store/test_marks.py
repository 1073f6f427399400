from __future__ import annotations

import pytest

from postgres import ON_SQLITE
from roomread.errors import SessionError
from roomread.store import Mark, OwnerStore
from roomread.store.marks import MAX_MARKS


def test_marks_are_sorted_by_time_and_repeated_marks_are_stored_once(store: OwnerStore) -> None:
    session = store.create("Algebra 7b")
    marks = [Mark(600, "group work"), Mark(0, "slides"), Mark(600.5, " Übung 3 ")]
    store.mark(session.id, marks)
    store.mark(session.id, marks)
    assert store.marks(session.id) == [
        Mark(0, "slides"),
        Mark(600, "group work"),
        Mark(600.5, "Übung 3"),
    ]
    store.unmark(session.id, Mark(600, "group work"))
    assert [mark.label for mark in store.marks(session.id)] == ["slides", "Übung 3"]
    for wrong in (Mark(-1, "early"), Mark(1, "  "), Mark(float("nan"), "when")):
        with pytest.raises(SessionError, match="cannot be set"):
            store.mark(session.id, [wrong])


def test_number_of_marks_of_a_session_is_limited(store: OwnerStore) -> None:
    session = store.create("Algebra 7b")
    store.mark(session.id, [Mark(float(n), "slide") for n in range(MAX_MARKS)])
    store.mark(session.id, [Mark(0.0, "slide")])
    with pytest.raises(SessionError, match=f"more than {MAX_MARKS} marks"):
        store.mark(session.id, [Mark(5000.0, "one more")])
    assert len(store.marks(session.id)) == MAX_MARKS


def test_count_of_marks_includes_only_marks_of_the_given_session(store: OwnerStore) -> None:
    session, other = store.create("Algebra 7b"), store.create("Algebra 7c")
    assert store.count_marks(session.id) == 0
    store.mark(session.id, [Mark(0, "slides"), Mark(0, "group work"), Mark(9, "slides")])
    store.mark(other.id, [Mark(1, "a test")])
    assert (store.count_marks(session.id), store.count_marks(other.id)) == (3, 1)


@ON_SQLITE
def test_mark_is_removed_by_the_time_and_the_label_with_which_it_was_added(
    store: OwnerStore,
) -> None:
    session = store.create("Algebra 7b")
    kept, gone = Mark(1, "slides"), Mark(1, " group work ")
    store.mark(session.id, [kept, gone])
    store.unmark(session.id, Mark(2, "group work"))
    assert len(store.marks(session.id)) == 2
    store.unmark(session.id, gone)
    assert store.marks(session.id) == [kept]


def test_mark_label_loses_characters_that_a_database_cannot_store(
    store: OwnerStore,
) -> None:
    session = store.create("Algebra 7b")
    strange = Mark(1, "Slide 1: \0Proof \ud83d")
    store.mark(session.id, [strange])
    assert store.marks(session.id) == [Mark(1, "Slide 1: Proof ?")]
    store.unmark(session.id, strange)
    assert store.marks(session.id) == []
    with pytest.raises(SessionError, match="cannot be set"):
        store.mark(session.id, [Mark(1, "\0")])
