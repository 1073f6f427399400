from __future__ import annotations

from datetime import UTC

from roomread.store import Mark, OwnerStore, SessionHeading, Store


def test_session_heading_has_its_name_its_start_time_and_each_mark_label_once(
    everything: Store, anna: OwnerStore
) -> None:
    older, newer = anna.create("Algebra 7b"), anna.create("Algebra 7c")
    marks = [Mark(0.0, "slides"), Mark(60.0, "group work"), Mark(120.0, "slides")]
    anna.mark(older.id, marks)
    eve = everything.owned_by("user:eve")
    eve.mark(eve.create("Eve's").id, [Mark(0.0, "break")])
    first, second = anna.listing.headings()
    assert first == SessionHeading(newer.id, "Algebra 7c", newer.started_at, ())
    assert (second.id, second.name, second.started_at) == (older.id, "Algebra 7b", older.started_at)
    assert sorted(second.labels) == ["group work", "slides"]
    assert second.started_at.tzinfo is UTC


def test_sessions_are_found_by_ids_newest_first_and_unknown_ids_are_ignored(
    everything: Store, anna: OwnerStore
) -> None:
    made = [anna.create(name) for name in ("Algebra", "Biology", "Chemistry")]
    hers = everything.owned_by("user:eve").create("Eve's")
    gone = anna.create("gone")
    anna.delete(gone.id)
    ids = [made[0].id, gone.id, hers.id, "00000000", "0000000\0", made[2].id]
    assert anna.listing.with_ids(ids) == [made[2], made[0]]
    assert anna.listing.with_ids([]) == []


def test_only_the_sessions_of_the_owner_are_counted(everything: Store, anna: OwnerStore) -> None:
    assert anna.listing.count() == 0
    anna.create("Algebra 7b")
    everything.owned_by("user:eve").create("Eve's")
    assert anna.listing.count() == 1
