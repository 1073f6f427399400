from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from roomread.store import Store


def test_moods_stored_before_the_migration_have_unknown_exclusion_reasons(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    engine = sa.create_engine(url)
    config = Config()
    config.set_main_option("script_location", "roomread.store:migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0009")
        connection.exec_driver_sql(
            "INSERT INTO sessions VALUES ('0a1b2c3d', 'Algebra 7b', '', '', 0.4, "
            "'2026-09-01 08:00:00', '2026-09-01 08:45:00', NULL, '', false, '', 'local', "
            "'', '', '', NULL)"
        )
        connection.exec_driver_sql(
            "INSERT INTO moods (session_id, time_ms, present, readable) "
            "VALUES ('0a1b2c3d', 1000, 9, 7)"
        )
    engine.dispose()
    upgraded = Store(url)
    assert upgraded.owned_by("local").excluded("0a1b2c3d") == [(9, None)]
    upgraded.close()
