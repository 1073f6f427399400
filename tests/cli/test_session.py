"""Tests of the commands of `roomread session` on a recorded class."""

from __future__ import annotations

import importlib.util
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from program import Program, one_line, said
from recorded_classes import record_falling_class
from roomread.formats.parquet import read_parquet
from roomread.store import Mark, OwnerStore

# Each test uses a new database.
pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def recorded(local_sessions: OwnerStore) -> tuple[OwnerStore, str]:
    """Return a store and the id of a session of 20 minutes that stores people."""
    session = local_sessions.create(
        "Algebra <7b>", keeps_people=True, consent="all, in writing & gladly"
    )
    record_falling_class(local_sessions, session)
    return local_sessions, session.id


def test_report_is_written_as_pdf_if_its_file_name_ends_with_pdf(
    roomread: Program, recorded: tuple[OwnerStore, str], tmp_path: Path
) -> None:
    if importlib.util.find_spec("weasyprint") is None:
        pytest.skip("needs the pdf extra")
    _, number = recorded
    assert "lesson.PDF" in said(roomread("session", "report", number, "-o", "lesson.PDF"))
    assert (tmp_path / "lesson.PDF").read_bytes()[:5] == b"%PDF-"


def test_report_is_one_html_page_with_session_parts_alerts_and_the_consent(
    roomread: Program, recorded: tuple[OwnerStore, str], tmp_path: Path
) -> None:
    store, number = recorded
    store.mark(number, [Mark(0, "slides"), Mark(580, "exercise <3>")])
    store.enrol(number, 2, "Ada & Co", consent="a letter")
    said(roomread("session", "report", number, "-o", "report.html"))
    page = (tmp_path / "report.html").read_text()
    assert "Algebra &lt;7b&gt;" in page
    assert "exercise &lt;3&gt;" in page
    assert "all, in writing &amp; gladly" in page
    assert "Ada &amp; Co" in page
    assert "The class was less positive than before from 10:" in page
    assert "during “exercise &lt;3&gt;”" in page
    assert "Article 5(1)(f)" in page
    assert "An expression is not a feeling" in page
    assert "src=" not in page
    assert "href=" not in page
    assert "<script" not in page
    said(roomread("session", "report", number, "--language", "de", "-o", "bericht.html"))
    assert "Ein Gesichtsausdruck ist kein Gefühl." in (tmp_path / "bericht.html").read_text("utf-8")
    assert "'tlh'" in one_line(roomread("session", "report", number, "--language", "tlh"))
    charts = page.split("<svg")[1:]
    assert len(charts) == 4
    for chart in charts:
        ET.fromstring("<svg" + chart.split("</svg>")[0] + "</svg>")  # noqa: S314 (our own)


def test_exports_contain_the_readings_parts_moods_and_people(
    roomread: Program, recorded: tuple[OwnerStore, str], tmp_path: Path
) -> None:
    import pyarrow.parquet  # noqa: PLC0415

    store, number = recorded
    store.mark(number, [Mark(600, "exercise")])
    store.enrol(number, 2, "Ada", consent="a letter")
    said(roomread("session", "export", number, "-o", "people.parquet", "--people"))
    table = pyarrow.parquet.read_table(tmp_path / "people.parquet").to_pylist()
    assert len(table) == 600 * 9
    assert list(read_parquet(tmp_path / "people.parquet")) == list(store.readings(number))
    assert {row["person"] for row in table if row["seat"] == 2} == {"Ada"}
    assert any(row["unreadable"] == "turned away" and row["scores_happy"] is None for row in table)
    said(roomread("session", "export", number, "--format", "json", "-o", "out.json"))
    whole = json.loads((tmp_path / "out.json").read_text())
    assert [part["label"] for part in whole["parts"]] == ["from the start", "exercise"]
    assert whole["parts"][0]["valence"] > whole["parts"][1]["valence"] + 0.3
    assert len(whole["moods"]) == 598
    assert whole["people"] == [{"seat": 2, "name": "Ada", "consent": "a letter"}]
    said(roomread("session", "export", number, "--format", "xapi", "-o", "out.xapi"))
    first, second = json.loads((tmp_path / "out.xapi").read_text())
    assert first["id"] != second["id"]
    assert first["actor"]["objectType"] == "Group"
    assert second["object"]["definition"]["name"] == {"und": "exercise"}
    assert "Ada" not in json.dumps([first, second])


def test_marks_are_read_from_the_command_line_and_from_csv(
    roomread: Program, recorded: tuple[OwnerStore, str], tmp_path: Path
) -> None:
    store, number = recorded
    said(roomread("session", "mark", number, "[b]group work", "--at", "1:30"))
    assert "[b]group work" in said(roomread("session", "show", number))
    store.unmark(number, Mark(90, "[b]group work"))
    store.mark(number, [Mark(90, "group work")])
    (tmp_path / "marks.csv").write_bytes(
        "\ufefftime,label\r\n0,Folien\r\n0:05:00,Übung 3\r\n610.5,Quiz\r\n".encode()
    )
    assert "3 marks set" in said(roomread("session", "mark", number, "--csv", "marks.csv"))
    assert store.marks(number) == [
        Mark(0, "Folien"),
        Mark(90, "group work"),
        Mark(300, "Übung 3"),
        Mark(610.5, "Quiz"),
    ]
    (tmp_path / "wrong.csv").write_text("when,what\n1,2\n")
    assert "time and label" in one_line(roomread("session", "mark", number, "--csv", "wrong.csv"))
    (tmp_path / "wrong.csv").write_bytes(b"time,label\n1:00,caf\xe9\n")
    error = one_line(roomread("session", "mark", number, "--csv", "wrong.csv"))
    assert "is not CSV (save it as CSV in UTF-8)" in error
    error = one_line(roomread("session", "mark", number, "--csv", "none.csv"))
    assert "none.csv: cannot be read: No such file or directory" in error
    (tmp_path / "wrong.csv").write_text("time,label\nsoon,quiz\n")
    assert "'soon' is not a time" in one_line(
        roomread("session", "mark", number, "--csv", "wrong.csv")
    )
    assert "is not being recorded" in one_line(roomread("session", "mark", number, "late"))


def test_person_can_be_enrolled_with_consent_and_deleted_by_name(
    roomread: Program, recorded: tuple[OwnerStore, str], database: Path
) -> None:
    store, number = recorded
    refused = roomread("session", "enrol", number, "2", "Ada")
    assert refused.returncode == 2
    assert "--consent" in refused.stderr.decode()
    said(roomread("session", "enrol", number, "2", "Ada Lovelace", "--consent", "a letter"))
    assert "seat 2: Ada Lovelace" in said(roomread("session", "show", number))
    assert "1 seat of Ada" in said(roomread("session", "purge", "--name", "Ada Lovelace"))
    assert 2 not in store.readings(number).seats
    assert b"Ada Lovelace" not in database.read_bytes()


def test_old_sessions_are_deleted_by_purge_and_by_no_other_command(
    roomread: Program, recorded: tuple[OwnerStore, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    del recorded
    assert "from which sessions are deleted is not set" in one_line(roomread("session", "purge"))
    assert "0 sessions deleted" in said(roomread("session", "purge", "--days", "1"))
    monkeypatch.setenv("ROOMREAD_RETENTION_DAYS", "0.000001")
    assert "Algebra" in said(roomread("session", "list"))
    assert "1 session deleted" in said(roomread("session", "purge"))
    assert "no session is kept" in said(roomread("session", "list"))


def test_session_rules_command_prints_the_default_rules_and_checks_a_rules_file(
    roomread: Program, tmp_path: Path
) -> None:
    rules = said(roomread("session", "rules"))
    (tmp_path / "mine.txt").write_text(rules)
    assert said(roomread("session", "rules", "mine.txt")) == "".join(
        line for line in rules.splitlines(keepends=True) if not line.startswith("#")
    )
