from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="needs the sessions extra")

from roomread.errors import SessionNotFoundError
from roomread.formats.session_formats import SessionFormat
from roomread.services.demo_class import open_demo_class
from roomread.services.exporting import (
    PeopleFormatError,
    PeopleNotKeptError,
    export_bytes,
    export_session,
    export_to_folder,
    file_name,
    report,
)
from roomread.services.preferences import Preferences, keep_preferences
from roomread.store import LOCAL_OWNER, OwnerStore, Session, Store


@pytest.fixture
def everything(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'sessions.db'}")
    yield opened
    opened.close()


@pytest.fixture
def anna(everything: Store) -> OwnerStore:
    return everything.owned_by("user:anna")


@pytest.fixture
def session(anna: OwnerStore) -> Session:
    return anna.create("Algebra 7b")


def test_session_is_exported_in_the_requested_format(
    anna: OwnerStore, session: Session, tmp_path: Path
) -> None:
    path = tmp_path / "session.json"
    export_session(anna, session.id, SessionFormat.JSON, path)
    assert json.loads(path.read_text())["name"] == "Algebra 7b"


def test_exported_bytes_equal_the_exported_file(
    anna: OwnerStore, session: Session, tmp_path: Path
) -> None:
    path = tmp_path / "session.csv"
    export_session(anna, session.id, SessionFormat.CSV, path)
    assert export_bytes(anna, session.id, SessionFormat.CSV) == path.read_bytes()


@pytest.mark.parametrize("form", [SessionFormat.JSON, SessionFormat.XAPI])
def test_export_of_readings_of_people_is_refused_for_a_format_without_rows(
    anna: OwnerStore, session: Session, tmp_path: Path, form: SessionFormat
) -> None:
    with pytest.raises(PeopleFormatError, match="csv and parquet only"):
        export_session(anna, session.id, form, tmp_path / "session", people=True)


def test_export_of_readings_of_people_is_refused_if_the_session_stores_no_people(
    anna: OwnerStore, session: Session, tmp_path: Path
) -> None:
    with pytest.raises(PeopleNotKeptError, match=session.id):
        export_session(anna, session.id, SessionFormat.CSV, tmp_path / "people.csv", people=True)


def test_export_of_readings_of_people_is_possible_if_the_session_stores_people(
    anna: OwnerStore, tmp_path: Path
) -> None:
    session = anna.create("Algebra 7b", keeps_people=True, consent="all, in writing")
    path = tmp_path / "people.csv"
    export_session(anna, session.id, SessionFormat.CSV, path, people=True)
    assert "seat" in path.read_text().splitlines()[0].split(",")


def test_session_of_another_owner_is_not_found(
    everything: Store, session: Session, tmp_path: Path
) -> None:
    ben = everything.owned_by("user:ben")
    with pytest.raises(SessionNotFoundError):
        export_session(ben, session.id, SessionFormat.CSV, tmp_path / "session.csv")
    with pytest.raises(SessionNotFoundError):
        report(ben, session.id)


def test_export_folder_is_private_and_is_empty_after_a_failed_export(
    anna: OwnerStore, session: Session, tmp_path: Path
) -> None:
    folder = tmp_path / "exports"
    path = export_to_folder(anna, session.id, SessionFormat.CSV, folder)
    assert path.parent == folder
    assert folder.stat().st_mode & 0o077 == 0
    path.unlink()
    with pytest.raises(PeopleNotKeptError):
        export_to_folder(anna, session.id, SessionFormat.CSV, folder, people=True)
    assert list(folder.iterdir()) == []


def test_file_names_of_json_and_xapi_exports_differ(session: Session) -> None:
    assert file_name(session, SessionFormat.JSON) == f"{session.id}.json"
    assert file_name(session, SessionFormat.XAPI) == f"{session.id}.xapi.json"


def test_report_is_one_html_page_with_the_name_of_the_session(
    anna: OwnerStore, session: Session
) -> None:
    page = report(anna, session.id)
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert "Algebra 7b" in page


def test_report_states_the_people_present_out_of_the_class_size(everything: Store) -> None:
    sessions = everything.owned_by(LOCAL_OWNER)
    session = open_demo_class(sessions)
    assert "26 of 26</b>people present" in report(sessions, session.id)
    keep_preferences(sessions, Preferences(class_size=28))
    assert "26 of 28</b>people present" in report(sessions, session.id)
    assert "28 expected" in report(sessions, session.id)
