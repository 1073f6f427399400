from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import sqlalchemy as sa

from classes import frame
from postgres import ON_SQLITE
from roomread.readings import Expression
from roomread.room import RoomMood
from roomread.store import OwnerStore, Store, schema, service_schema
from roomread.store.pieces import Piece
from roomread.store.rows import delete_seat, insert_once, mood_row, stored, to_moods


def test_time_in_any_time_zone_is_stored_as_utc_without_a_time_zone() -> None:
    noon = datetime(2026, 9, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    assert stored(noon) == datetime(2026, 9, 1, 10)  # noqa: DTZ001 (the form of the columns)
    assert stored(datetime(2026, 9, 1, 10, tzinfo=UTC)) == stored(noon)


def test_existing_row_is_not_inserted_again(everything: Store) -> None:
    row = {"name": "service", "value": "first"}
    table = service_schema.secrets
    with everything._database.writing() as connection:
        assert insert_once(connection, table, []) == 0
        assert insert_once(connection, table, [row]) == 1
        assert insert_once(connection, table, [row | {"value": "second"}]) == 0
        assert connection.execute(sa.select(table.c.value)).scalar_one() == "first"


def test_moods_with_and_without_scores_are_read_back_unchanged(store: OwnerStore) -> None:
    session = store.create("Algebra 7b")
    scores = np.array([0.125, 0, 0, 0.5, 0.25, 0, 0.125])
    full = RoomMood(1.5, 9, 8, scores, 0.25, {"confused": 0.5}, 0.125)
    moods = [RoomMood(0.5, 4, 4), full, RoomMood(2.5, 0, 0)]
    with store._database.writing() as connection:
        insert_once(connection, schema.moods, [mood_row(session.id, mood) for mood in moods])
    with store._database.reading() as connection:
        query = sa.select(*schema.MOOD_COLUMNS).order_by(schema.moods.c.time_ms)
        assert to_moods(connection.execute(query).all()) == moods
    assert to_moods([]) == []


@ON_SQLITE
def test_deleting_a_seat_rewrites_only_the_batches_that_contain_it(store: OwnerStore) -> None:
    session = store.create("Algebra 7b", keeps_people=True, consent="all")
    happy, both = Expression.HAPPY, {1: Expression.HAPPY, 2: Expression.SAD}
    readings = [frame(0.0, both), frame(1.0, {2: happy}), frame(2.0, {1: happy})]
    pieces = [Piece(n, float(n), readings=each) for n, each in enumerate(readings)]
    store.append(session.id, pieces)
    query = sa.select(schema.batches.c.data).order_by(schema.batches.c.number)
    with store._database.writing() as connection:
        before = connection.scalars(query).all()
        delete_seat(connection, session.id, 1)
        after = connection.scalars(query).all()
    assert [old == new for old, new in zip(before, after, strict=True)] == [False, True, False]
    left = store.readings(session.id)
    assert [(reading.time, reading.seat) for reading in left] == [(0.0, 2), (1.0, 2)]
