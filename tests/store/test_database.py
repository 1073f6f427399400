from __future__ import annotations

import socket
import stat
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from recorded_classes import class_with_people
from roomread.errors import DatabaseError, SessionError
from roomread.store import LOCAL_OWNER, Mark, Store, database, schema


def files_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


@pytest.mark.parametrize("way", ["delete", "forget", "purge"])
def test_deleted_content_is_erased_from_the_sqlite_files(tmp_path: Path, way: str) -> None:
    everything = Store(f"sqlite:///{tmp_path / 'roomread.db'}")
    store = everything.owned_by(LOCAL_OWNER)
    other = class_with_people(store, "kept session")
    session = class_with_people(store, "Algebra of the seventh form")
    store.enrol(session.id, 3, "Ada Lovelace", consent="a letter of hers")
    with store._database.engine.connect() as connection:
        query = sa.select(schema.batches.c.data).where(schema.batches.c.session_id == session.id)
        of_seat = [blob[66:88] for blob in connection.scalars(query)]
    assert all(blob in files_of(tmp_path) for blob in of_seat)
    assert b"Ada Lovelace" in files_of(tmp_path)
    if way == "delete":
        store.delete(session.id)
    elif way == "purge":
        store.mark(other.id, [Mark(1, "later")])
        assert (
            len(everything.operator.purge(days=0, now=session.updated_at + timedelta(days=1))) == 2
        )
    else:
        store.forget_seat(session.id, 3)
    left = files_of(tmp_path)
    assert b"Ada Lovelace" not in left
    assert b"a letter of hers" not in left
    if way != "forget":
        assert b"seventh form" not in left
    everything.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_database_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "roomread.db"
    Store(f"sqlite:///{path}").close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_invalid_database_url_or_file_is_reported_in_one_line(tmp_path: Path) -> None:
    letter = tmp_path / "letter.db"
    letter.write_text("Dear Sir or Madam, " * 100)
    with pytest.raises(SessionError, match=r"letter\.db: file is not a database"):
        Store(f"sqlite:///{letter}")
    with pytest.raises(SessionError, match="for neither SQLite nor"):
        Store("mysql://root:secret@host/db")
    with pytest.raises(SessionError, match="for neither SQLite nor"):
        Store("just words")


def test_unreachable_server_is_reported_without_its_password() -> None:
    pytest.importorskip("pg8000")
    with pytest.raises(SessionError, match=r"127\.0\.0\.1") as error:
        Store("postgresql://teacher:secret@127.0.0.1:9/school")
    assert "secret" not in str(error.value)
    assert "\n" not in str(error.value)


def test_unresponsive_database_server_is_reported_within_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("pg8000")
    monkeypatch.setattr(database, "_POSTGRES_REACH_TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://teacher:secret@127.0.0.1:{silent.getsockname()[1]}/school"
        with pytest.raises(SessionError, match="the server does not answer: timed out"):
            Store(url)


def test_server_that_does_not_speak_the_postgresql_protocol_is_reported() -> None:
    pytest.importorskip("pg8000")
    with socket.create_server(("127.0.0.1", 0)) as other:

        def hang_up() -> None:
            connection, _ = other.accept()
            connection.close()

        threading.Thread(target=hang_up, daemon=True).start()
        url = f"postgresql://teacher@127.0.0.1:{other.getsockname()[1]}/school"
        with pytest.raises(SessionError, match="the server does not answer: "):
            Store(url)


def test_writers_of_one_process_take_turns_without_waiting_inside_sqlite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # With a timeout of 0 SQLite refuses a second writer at once, so that it must wait for its turn.
    monkeypatch.setattr(database, "_SQLITE_TIMEOUT", 0)
    store = Store(f"sqlite:///{tmp_path / 'roomread.db'}")
    sessions = store.owned_by(LOCAL_OWNER)
    monkeypatch.setattr(sessions._database._group_commit, "_patience", 60)
    writer = threading.Thread(target=sessions.create, args=["Algebra"])
    with sessions._database.writing():
        writer.start()
        writer.join(0.2)
        assert writer.is_alive()
    writer.join(60)
    assert [session.name for session in sessions.sessions()] == ["Algebra"]
    store.close()


def test_writer_that_waits_too_long_gets_a_database_locked_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_SQLITE_TIMEOUT", 0)
    store = Store(f"sqlite:///{tmp_path / 'roomread.db'}")
    sessions = store.owned_by(LOCAL_OWNER)
    with sessions._database.writing(), pytest.raises(DatabaseError, match="is locked"):
        sessions.create("Algebra")
    store.close()
