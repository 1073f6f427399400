from __future__ import annotations

from datetime import timedelta

from recorded_classes import class_with_people, record_class
from roomread.store import OwnerStore, Store, schema


def test_forgetting_a_name_deletes_the_person_in_all_sessions(
    everything: Store, store: OwnerStore
) -> None:
    rules = "person neutral above 1% for 5 s"
    sessions = [store.create(name, keeps_people=True, consent="all", rules=rules) for name in "abc"]
    for session in sessions:
        record_class(store, session)
    before = store.moods(sessions[0].id)
    for session, seat in zip(sessions[:2], (3, 5), strict=True):
        store.enrol(session.id, seat, "Ada", consent="letter")
    assert any(alert.seat == 3 for alert in store.alerts(sessions[0].id))
    assert everything.operator.forget_name("Ada") == 2
    assert everything.operator.forget_name("Ada") == 0
    for session, seat in zip(sessions[:2], (3, 5), strict=True):
        assert set(store.readings(session.id).seats) == set(range(1, 9)) - {seat}
        assert store.people(session.id) == []
        assert seat not in {alert.seat for alert in store.alerts(session.id)}
    assert set(store.readings(sessions[2].id).seats) == set(range(1, 9))
    assert [m.time for m in store.moods(sessions[0].id)] == [m.time for m in before]


def test_purge_deletes_only_sessions_older_than_the_limit(
    everything: Store, store: OwnerStore
) -> None:
    old, new = store.create("old"), store.create("new")
    now = old.updated_at + timedelta(days=30)
    with store._database.engine.begin() as connection:
        connection.execute(
            schema.sessions.update()
            .where(schema.sessions.c.id == old.id)
            .values(updated_at=(old.updated_at - timedelta(days=1)).replace(tzinfo=None))
        )
    assert [s.name for s in everything.operator.purge(days=30.5, now=now)] == ["old"]
    assert [s.name for s in store.sessions()] == ["new"]
    assert everything.operator.purge(days=30.5, now=now) == []
    assert store.session(new.id)


def test_forgetting_a_name_and_purging_affect_the_sessions_of_all_owners(
    everything: Store,
) -> None:
    anna = everything.owned_by("user:anna")
    hers = class_with_people(anna)
    anna.enrol(hers.id, 3, "Ada", consent="letter")
    assert everything.operator.forget_name("Ada") == 1
    assert anna.people(hers.id) == []
    assert 3 not in anna.readings(hers.id).seats
    old = everything.operator.purge(days=0, now=hers.updated_at + timedelta(days=1))
    assert [session.id for session in old] == [hers.id]
    assert anna.sessions() == []


def test_data_that_would_be_deleted_is_listed_before_the_deletion(everything: Store) -> None:
    store = everything.owned_by("user:anna")
    session = store.create("Physics 9a", keeps_people=True, consent="all")
    later = session.updated_at + timedelta(days=2)
    assert [each.id for each in everything.operator.expired(days=1, now=later)] == [session.id]
    assert everything.operator.expired(days=3, now=later) == []
    assert everything.operator.expired(days=1, now=later, owner="user:ben") == []
    assert everything.operator.seats_named("Ada") == 0
    assert [each.id for each in everything.operator.purge(days=1, now=later)] == [session.id]
