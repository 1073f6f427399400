from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from classes import lesson
from room_recorder import RoomRecorder
from roomread.errors import SessionError
from roomread.store import LOCAL_OWNER, Mark, OwnerStore, State, Store, schema

FIRST_LESSON = """
INSERT INTO sessions (id, name, source, model, threshold, started_at, updated_at, ended_at) VALUES
    ('0a1b2c3d', 'Algebra 7b', 'lesson.mp4', 'compact', 0.4,
     '2026-09-02 08:00:00.000000', '2026-09-02 08:45:00.000000', '2026-09-02 08:45:01.000000');
INSERT INTO moods (session_id, time_ms, present, readable, angry, disgust, fear, happy, sad,
                   surprise, neutral, baseline) VALUES
    ('0a1b2c3d', 1000, 30, 28, 0.0, 0.0, 0.0, 0.5, 0.25, 0.0, 0.25, NULL),
    ('0a1b2c3d', 2000, 30, 3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0.25);
INSERT INTO marks (session_id, time_ms, label) VALUES ('0a1b2c3d', 1500, 'group work')
"""


def config(connection: sa.Connection) -> Config:
    made = Config()
    made.set_main_option("script_location", "roomread.store:migrations")
    made.attributes["connection"] = connection
    return made


def engine_for(url: str) -> sa.Engine:
    return sa.create_engine(url.replace("postgresql://", "postgresql+pg8000://"))


@pytest.fixture
def first_database(url: str) -> str:
    """A database as the first schema left it, with a session."""
    engine = engine_for(url)
    with engine.begin() as connection:
        command.upgrade(config(connection), "v1")
        for statement in FIRST_LESSON.split(";"):
            connection.exec_driver_sql(statement)
    engine.dispose()
    return url


def test_a_database_of_the_first_schema_is_brought_up_to_date_with_all_it_holds(
    first_database: str,
) -> None:
    everything = Store(first_database)
    store = everything.owned_by(LOCAL_OWNER)
    session = store.session("0a1b2c3d")
    assert (session.name, session.state(), session.keeps_people) == (
        "Algebra 7b",
        State.ENDED,
        False,
    )
    full, few = store.moods(session.id)
    assert full.valence == pytest.approx(0.25)
    assert few.scores is None
    assert few.baseline == pytest.approx(0.25)
    assert store.marks(session.id) == [Mark(1.5, "group work")]
    new = store.create("Algebra 7b, second lesson", keeps_people=True, consent="all")
    recorder = RoomRecorder(store, new)
    for time, readings in lesson(10, people=6):
        recorder.add_readings(time, readings)
    recorder.close()
    assert len(store.readings(new.id)) == 120
    everything.close()


def test_the_migrations_lead_to_the_tables_that_the_program_uses(store: OwnerStore) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, schema.metadata) == []
        assert ScriptDirectory.from_config(config(connection)).get_heads() == [schema.REVISION]


def test_no_column_could_hold_a_picture() -> None:
    binary = [
        column.name
        for table in schema.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, sa.LargeBinary)
    ]
    # tests/store/test_packing.py: a record has no room for a picture or a face vector.
    assert binary == ["data"]


def test_many_programs_that_start_at_once_upgrade_it_once(first_database: str) -> None:
    with ThreadPoolExecutor(6) as pool:
        stores = list(pool.map(Store, [first_database] * 6))
    assert [len(each.owned_by(LOCAL_OWNER).sessions()) for each in stores] == [1] * 6
    for each in stores:
        each.close()


def test_a_database_of_a_newer_version_is_left_alone(url: str) -> None:
    Store(url).close()
    engine = engine_for(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'v4'")
    engine.dispose()
    with pytest.raises(SessionError, match=r"made by a newer Roomread \(v4\)"):
        Store(url)
