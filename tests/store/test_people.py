from __future__ import annotations

from datetime import UTC

import pytest

from postgres import ON_SQLITE
from recorded_classes import class_with_people
from roomread.errors import SessionError
from roomread.store import OwnerStore


def test_enrolling_a_person_requires_consent_and_a_seat_with_readings(store: OwnerStore) -> None:
    session = class_with_people(store)
    with pytest.raises(SessionError, match="needs the person's consent"):
        store.enrol(session.id, 3, "Ada", consent="")
    with pytest.raises(SessionError, match="has no readings of seat 99"):
        store.enrol(session.id, 99, "Ada", consent="letter")
    store.enrol(session.id, 3, "Adda", consent="letter")
    store.enrol(session.id, 3, "Ada", consent="letter of 2 September")
    (person,) = store.people(session.id)
    assert (person.seat, person.name, person.consent) == (3, "Ada", "letter of 2 September")
    named = {r.person for r in store.readings(session.id) if r.seat == 3}
    others = {r.person for r in store.readings(session.id) if r.seat != 3}
    assert (named, others) == ({"Ada"}, {None})


@ON_SQLITE
def test_people_are_sorted_by_seat_and_have_the_time_of_their_consent(store: OwnerStore) -> None:
    session = class_with_people(store)
    ben, ada = (
        store.enrol(session.id, seat, name, consent="letter")
        for seat, name in ((5, "Ben"), (2, "Ada"))
    )
    assert store.people(session.id) == [ada, ben]
    assert ada.consented_at.tzinfo is UTC
