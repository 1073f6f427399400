from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from roomread.errors import DatabaseError
from roomread.store import OwnerStore, Store, database, schema, service_schema


def test_migrations_create_the_tables_that_the_program_uses(store: OwnerStore) -> None:
    config = Config()
    config.set_main_option("script_location", "roomread.store:migrations")
    with store._database.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, service_schema.metadata) == []
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [schema.REVISION]
    assert sorted(script.revision for script in scripts.walk_revisions()) == [
        *database._OLDER_REVISIONS,
        schema.REVISION,
    ]


def test_no_database_column_can_store_a_picture() -> None:
    binary = [
        f"{table.name}.{column.name}"
        for table in service_schema.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, sa.LargeBinary)
    ]
    # tests/store/test_packing.py: a record has no room for a picture or a face vector.
    assert binary == ["batches.data"]


def test_threads_that_open_a_new_database_simultaneously_create_its_tables_once(url: str) -> None:
    with ThreadPoolExecutor(6) as pool:
        stores = list(pool.map(Store, [url] * 6))
    session = stores[0].owned_by("user:anna").create("Algebra 7b")
    for each in stores:
        assert each.owned_by("user:anna").sessions() == [session]
        each.close()


def test_database_of_another_version_is_refused_and_not_changed(url: str) -> None:
    Store(url).close()
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+pg8000://"))
    revision = "SELECT version_num FROM alembic_version"
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseError, match=r"another version of Roomread \(9999\)"):
        Store(url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql(revision).scalar() == "9999"
    engine.dispose()


def test_sessions_of_the_first_schema_version_have_an_empty_purpose_after_migration(
    url: str,
) -> None:
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+pg8000://"))
    config = Config()
    config.set_main_option("script_location", "roomread.store:migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql(
            "INSERT INTO sessions VALUES ('0a1b2c3d', 'Algebra 7b', '', '', 0.4, "
            "'2026-09-01 08:00:00', '2026-09-01 08:45:00', NULL, '', false, '', 'local')"
        )
    engine.dispose()
    upgraded = Store(url)
    (session,) = upgraded.owned_by("local").sessions()
    assert (session.name, session.purpose, session.region) == ("Algebra 7b", "", "")
    assert (session.notice, session.notice_at) == ("", None)
    upgraded.close()


def test_migration_parses_the_sentences_of_old_alerts_into_numbers(url: str) -> None:
    written = [
        ("room: valence fell from +0.60 to -0.10 in 1:02:03 min", (-0.1, 0.6, 3723)),
        ("seat 3: eyes closed 95% on average over 30 s", (0.95, None, 30)),
        ("room: valence -15% on average over 2:00 min", (-0.15, None, 120)),
    ]
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+pg8000://"))
    config = Config()
    config.set_main_option("script_location", "roomread.store:migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0006")
        connection.exec_driver_sql(
            "INSERT INTO sessions VALUES ('0a1b2c3d', 'Algebra 7b', '', '', 0.4, "
            "'2026-09-01 08:00:00', '2026-09-01 08:45:00', NULL, '', false, '', 'local', "
            "'', '', '', NULL)"
        )
        insert = sa.text(
            "INSERT INTO alerts VALUES "
            "('0a1b2c3d', :number, 5000, NULL, NULL, 'room valence below 0% for 30 s', :text, 0.9)"
        )
        for number, (sentence, _) in enumerate(written, start=1):
            connection.execute(insert, {"number": number, "text": sentence})
    engine.dispose()
    upgraded = Store(url)
    for alert, (_, values) in zip(
        upgraded.owned_by("local").alerts("0a1b2c3d"), written, strict=True
    ):
        assert (alert.value, alert.before, alert.seconds) == pytest.approx(values)
    upgraded.close()
