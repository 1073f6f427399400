from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="needs the sessions extra")

from classes import lesson
from room_recorder import RoomRecorder
from roomread.formats.csv_table import read_csv
from roomread.formats.parquet import read_parquet
from roomread.formats.report_values import TABLE_COLUMNS, report_from_dict
from roomread.formats.room_values import mood_from_dict
from roomread.formats.session_export import export
from roomread.formats.session_formats import SessionFormat
from roomread.formats.session_report import session_report
from roomread.joining.reports import ReportCounts, ReportSample
from roomread.room import Mark
from roomread.store import OwnerStore, Store


@pytest.fixture
def everything(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'sessions.db'}")
    yield opened
    opened.close()


@pytest.fixture
def store(everything: Store) -> OwnerStore:
    return everything.owned_by("user:anna")


@pytest.fixture
def session_id(store: OwnerStore) -> str:
    """Record a minute of eight people, name one of them, and return the session's id."""
    session = store.create("Algebra 7b", source="lesson.mp4", keeps_people=True, consent="all")
    recorder = RoomRecorder(store, session)
    for time, readings in lesson(60, people=8):
        recorder.add_readings(time, readings)
    recorder.close()
    store.mark(session.id, [Mark(30, "group work")])
    store.enrol(session.id, 2, "Ada", consent="a letter")
    return session.id


def test_exported_readings_of_people_are_equal_when_read_back(
    store: OwnerStore, session_id: str, tmp_path: Path
) -> None:
    kept = list(store.readings(session_id))
    export(store, session_id, SessionFormat.CSV, tmp_path / "a.csv", people=True)
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        assert list(read_csv(file)) == kept
    export(store, session_id, SessionFormat.PARQUET, tmp_path / "a.parquet", people=True)
    assert list(read_parquet(tmp_path / "a.parquet")) == kept
    assert {reading.person for reading in kept if reading.seat == 2} == {"Ada"}


def test_csv_has_all_columns_and_the_valence_of_each_mood(
    store: OwnerStore, session_id: str, tmp_path: Path
) -> None:
    moods = store.moods(session_id)
    export(store, session_id, SessionFormat.CSV, tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(TABLE_COLUMNS)
    assert [float(row["valence"]) for row in rows] == [mood.valence for mood in moods]


def test_json_export_has_the_moods_lesson_parts_and_people_but_no_readings(
    store: OwnerStore, session_id: str, tmp_path: Path
) -> None:
    export(store, session_id, SessionFormat.JSON, tmp_path / "a.json")
    whole = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert [mood_from_dict(mood) for mood in whole["moods"]] == store.moods(session_id)
    assert [part["label"] for part in whole["parts"]] == ["from the start", "group work"]
    assert whole["people"] == [{"seat": 2, "name": "Ada", "consent": "a letter"}]
    assert "readings" not in whole


def test_xapi_export_has_a_statement_for_each_lesson_part_and_no_names_of_people(
    store: OwnerStore, session_id: str, tmp_path: Path
) -> None:
    export(store, session_id, SessionFormat.XAPI, tmp_path / "a.json")
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert len(json.loads(text)) == 2
    assert "Ada" not in text


def test_exports_after_a_person_withdrew_consent_have_no_data_about_that_person(
    store: OwnerStore, session_id: str, tmp_path: Path
) -> None:
    store.forget_seat(session_id, 2)
    for people, form in ((True, SessionFormat.CSV), (False, SessionFormat.JSON)):
        export(store, session_id, form, tmp_path / form, people=people)
        assert "Ada" not in (tmp_path / form).read_text(encoding="utf-8")
    export(store, session_id, SessionFormat.XAPI, tmp_path / "xapi")
    assert "Ada" not in (tmp_path / "xapi").read_text(encoding="utf-8")
    with (tmp_path / SessionFormat.CSV).open(encoding="utf-8", newline="") as file:
        assert {reading.seat for reading in read_csv(file)} == {1, 3, 4, 5, 6, 7, 8}
    assert "Ada" not in session_report(store, session_id)


def test_report_and_json_state_how_people_were_informed(store: OwnerStore, tmp_path: Path) -> None:
    informed = store.create("Algebra 7b", notice="slide <before> the lesson")
    export(store, informed.id, SessionFormat.JSON, tmp_path / "a.json")
    whole = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert whole["notice"] == "slide <before> the lesson"
    assert whole["notice_at"] == informed.started_at.isoformat()
    assert "slide &lt;before&gt; the lesson" in session_report(store, informed.id)
    silent = session_report(store, store.create("Algebra 7c").id)
    assert "It was not recorded whether the people were informed" in silent


def test_every_export_format_and_the_html_report_contain_the_button_counts(
    everything: Store, store: OwnerStore, session_id: str, tmp_path: Path
) -> None:
    samples = [ReportSample(5.0 * n, 28, 19, ReportCounts(9, n, 1, 2), n) for n in range(1, 12)]
    everything.rooms.add_reports(session_id, samples)
    for form in SessionFormat:
        export(store, session_id, form, tmp_path / form)
    whole = json.loads((tmp_path / SessionFormat.JSON).read_text(encoding="utf-8"))
    assert [report_from_dict(each) for each in whole["reports"]] == samples
    with (tmp_path / SessionFormat.CSV).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sum(int(row["lost_presses"] or 0) for row in rows) == sum(range(1, 12))
    assert rows[-1]["reports_lost"] == "11"
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the extra parquet")
    table = parquet.read_table(tmp_path / SessionFormat.PARQUET)
    assert table.column("reports_lost").to_pylist()[-1] == 11
    statements = json.loads((tmp_path / SessionFormat.XAPI).read_text(encoding="utf-8"))
    (said,) = (
        value
        for name, value in statements[0]["result"]["extensions"].items()
        if name.endswith("/reports")
    )
    assert said["lost"] == 3.0
    report = session_report(store, session_id)
    assert "People who are lost: between 1 and 11" in report
