from __future__ import annotations

import re

import pytest

from postgres import ON_SQLITE
from roomread.errors import SessionError
from roomread.room.session import Passage
from roomread.store import OwnerStore
from roomread.store.passages import MAX_PASSAGES

PROOF, QUESTION = Passage(8.5, 9.0, "Now the proof."), Passage(1.0, 8.25, "Who can say why?")


def test_new_transcript_passages_replace_the_stored_passages_and_are_sorted_by_start(
    store: OwnerStore,
) -> None:
    session = store.create("Algebra 7b")
    assert store.passages(session.id) == []
    store.keep_passages(session.id, [Passage(0.0, 1.0, "Earlier.")])
    store.keep_passages(session.id, [PROOF, QUESTION])
    assert store.passages(session.id) == [QUESTION, PROOF]
    store.keep_passages(session.id, [])
    assert store.passages(session.id) == []


@ON_SQLITE
@pytest.mark.parametrize(
    "wrong",
    [Passage(-0.5, 1.0, "early"), Passage(2.0, 1.0, "back"), Passage(0.0, 3e6, "late")],
    ids=["before the start", "ends before it starts", "too late"],
)
def test_transcript_passage_with_invalid_times_is_refused_and_stored_passages_are_kept(
    store: OwnerStore, wrong: Passage
) -> None:
    session = store.create("Algebra 7b")
    store.keep_passages(session.id, [PROOF])
    with pytest.raises(
        SessionError,
        match=rf"{wrong.start:g} s to {re.escape(f'{wrong.end:g}')} s, are invalid",
    ):
        store.keep_passages(session.id, [QUESTION, wrong])
    assert store.passages(session.id) == [PROOF]


@ON_SQLITE
def test_number_of_passages_of_a_session_is_limited(store: OwnerStore) -> None:
    session = store.create("Algebra 7b")
    with pytest.raises(SessionError, match=f"{MAX_PASSAGES + 1} passages"):
        store.keep_passages(session.id, [PROOF] * (MAX_PASSAGES + 1))
    assert store.passages(session.id) == []


def test_passage_loses_characters_that_a_database_cannot_store(
    store: OwnerStore,
) -> None:
    session = store.create("Algebra 7b")
    store.keep_passages(session.id, [Passage(1.0, 2.0, "Now\0 the proof \ud83d")])
    assert store.passages(session.id) == [Passage(1.0, 2.0, "Now the proof ?")]
