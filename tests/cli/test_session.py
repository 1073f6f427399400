"""The commands of `roomread session`, run on a recorded video call."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import signal
import sqlite3
import subprocess
import sys
import xml.etree.ElementTree as ET
import zlib
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from alert_receiver import SECRET, is_genuine, receiving
from clips import two_tracks
from program import PROGRAM, Program
from recorded_classes import record_falling_class
from roomread.bench.scenes import grid
from roomread.formats.parquet import read_parquet
from roomread.media import VideoWriter
from roomread.store import LOCAL_OWNER, Mark, OwnerStore, Store
from roomread.store.packing import RECORD

# Every command here uses a database of the test's own.
pytestmark = pytest.mark.usefixtures("database")
CALL = grid(width=960, height=540, columns=4, rows=3, people=8)


def write_call(path: Path, seconds: float, *, rate: float = 2) -> Path:
    """Write a video call of eight people and four empty tiles that moves a little."""
    with VideoWriter(path) as video:
        for n in range(round(seconds * rate)):
            video.write(np.roll(CALL.image, n % 5 - 2, axis=1), n / rate)
    return path


@pytest.fixture
def recorded(local_sessions: OwnerStore) -> tuple[OwnerStore, str]:
    """Return a store and the id of a session of 20 minutes that keeps its people."""
    session = local_sessions.create(
        "Algebra <7b>", keeps_people=True, consent="all, in writing & gladly"
    )
    record_falling_class(local_sessions, session)
    return local_sessions, session.id


def said(result: subprocess.CompletedProcess[bytes]) -> str:
    assert result.returncode == 0, result.stderr
    return result.stdout.decode()


def one_line(result: subprocess.CompletedProcess[bytes]) -> str:
    assert result.returncode == 2
    (line,) = result.stderr.decode().splitlines()
    assert line.startswith("roomread: ")
    return line


def test_recorded_session_contains_no_picture_data(
    roomread: Program, tmp_path: Path, database: Path
) -> None:
    write_call(tmp_path / "lesson.mp4", 6)
    number = said(roomread("session", "record", "lesson.mp4", "--name", "Algebra 7b")).strip()
    assert "Algebra 7b" in said(roomread("session", "list"))
    shown = said(roomread("session", "show", number))
    assert "ended" in shown
    assert " 8 " in shown
    said(roomread("session", "export", number, "-o", "out.csv"))
    rows = list(csv.DictReader((tmp_path / "out.csv").read_text().splitlines()))
    assert [float(row["time"]) for row in rows] == [1, 2, 3, 4, 5]
    assert {(row["present"], row["readable"]) for row in rows} == {("8", "8")}
    assert all(-1 <= float(row["valence_low"]) <= float(row["valence"]) for row in rows)
    # The canary: nothing but the database was written, and no row of any picture is in it.
    files = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert files - {"roomread.db-wal", "roomread.db-shm"} == {
        "lesson.mp4",
        "out.csv",
        "roomread.db",
    }
    kept = b"".join(path.read_bytes() for path in database.parent.iterdir())
    pieces = {
        CALL.image[y, x : x + 16].tobytes() for y in range(0, 540, 5) for x in range(0, 940, 9)
    }
    textured = [piece for piece in pieces if len(set(piece)) > 12]
    assert len(textured) > 1000
    assert not any(piece in kept for piece in textured)
    assert not any(magic in kept for magic in (b"\xff\xd8\xff", b"\x89PNG", b"ftyp"))


def test_alerts_of_a_recording_reach_a_webhook_and_failures_are_reported(
    roomread: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_call(tmp_path / "lesson.mp4", 9)
    (tmp_path / "rules").write_text("room coverage above 50% for 5 s")
    record = ("session", "record", "lesson.mp4", "--rules", "rules")
    assert "needs a secret" in one_line(roomread(*record, "--alert-to", "https://example.org"))
    monkeypatch.setenv("ROOMREAD_ALERT_SECRET", SECRET)
    assert "unencrypted" in one_line(roomread(*record, "--alert-to", "http://example.org/x"))
    with receiving([500]) as receiver, receiving([404]) as refusing:
        urls = ("--alert-to", receiver.url, "--alert-to", refusing.url)
        recorded = roomread(*record, *urls)
    number = said(recorded).strip()
    assert [event["id"] for event in receiver.events] == 2 * [f"{number}-1-raised"]
    assert receiver.events[0]["state"] == "room: coverage 100% on average over 5 s"
    assert all(is_genuine(*request, SECRET) for request in receiver.requests)
    (line,) = recorded.stderr.decode().splitlines()
    assert "1 alert was not delivered to http://127.0.0.1:" in line
    assert line.endswith("it answered with status 404")
    assert "room=4" not in line


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no kill -9")
def test_killed_recording_is_resumed_to_its_end(
    roomread: Program, tmp_path: Path, database: Path
) -> None:
    write_call(tmp_path / "lesson.mp4", 20)
    with subprocess.Popen(
        [*PROGRAM, "session", "record", "lesson.mp4"], stdout=subprocess.PIPE, cwd=tmp_path
    ) as process:
        assert process.stdout is not None
        number = process.stdout.readline().decode().strip()
        everything = Store(f"sqlite:///{database}")
        store = everything.owned_by(LOCAL_OWNER)
        while len(store.moods(number)) < 3:
            assert process.poll() is None
        os.kill(process.pid, signal.SIGKILL)
    before = store.moods(number)
    assert before[-1].time < 19
    assert said(roomread("session", "record", "lesson.mp4", "--resume", number)).strip() == number
    after = store.moods(number)
    assert [mood.time for mood in after[: len(before)]] == [mood.time for mood in before]
    assert after[-1].time >= 18.5
    assert len({mood.time for mood in after}) == len(after)
    assert "ended" in said(roomread("session", "list"))
    everything.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_ctrl_c_ends_a_recording_and_keeps_its_session(tmp_path: Path, database: Path) -> None:
    write_call(tmp_path / "lesson.mp4", 60)
    with subprocess.Popen(
        [*PROGRAM, "session", "record", "lesson.mp4"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
    ) as process:
        assert process.stdout is not None
        number = process.stdout.readline().decode().strip()
        with closing(Store(f"sqlite:///{database}")) as everything:
            store = everything.owned_by(LOCAL_OWNER)
            while not store.moods(number):
                assert process.poll() is None
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=60)
            assert (process.returncode, errors) == (0, b"")
            assert store.session(number).ended_at is not None


def test_people_are_distinguished_by_their_faces_and_no_vector_is_kept(
    roomread: Program, tmp_path: Path, database: Path
) -> None:
    pairs = [CALL.people[i : i + 2] for i in range(0, 8, 2)]
    swapped = np.array(CALL.image)
    for first, second in pairs:
        a, b = (
            np.s_[int(t.top) : int(t.bottom), int(t.left) : int(t.right)] for t in (first, second)
        )
        swapped[a], swapped[b] = CALL.image[b], CALL.image[a]
    with VideoWriter(tmp_path / "call.mp4") as video:
        for n in range(20):
            picture = CALL.image if n < 10 else swapped
            video.write(np.roll(picture, n % 3 - 1, axis=1), n)
    arguments = ("session", "record", "call.mp4", "--every", "1s", "--quiet")
    asked = one_line(roomread(*arguments, "--identity"))
    assert "needs their consent" in asked
    number = said(roomread(*arguments, "--identity", "--people", "all, by hand")).strip()
    everything = Store(f"sqlite:///{database}")
    store = everything.owned_by(LOCAL_OWNER)
    assert "distinguished by dlib" in store.session(number).model
    # Two faces stand for eight people here: who is who among their likes nobody can say, but
    # the neighbours of a pair are different, and change their tiles.
    places: dict[int, set[int]] = {}
    readings = store.readings(number)
    for seen in readings:
        x, y = seen.box.center
        tile = next(
            i for i, t in enumerate(CALL.people) if t.left <= x < t.right and t.top <= y < t.bottom
        )
        places.setdefault(seen.seat or 0, set()).add(tile % 2)
    everything.close()
    assert sum(len(seen) == 2 for seen in places.values()) >= 6
    # The only column that takes bytes holds one record a reading, and a vector would need 512.
    with closing(sqlite3.connect(database)) as kept:
        packed = [data for (data,) in kept.execute("SELECT data FROM batches")]
    # The first byte states the format of the rest.
    unpacked = sum(len(zlib.decompress(data[1:])) for data in packed)
    assert unpacked == RECORD.itemsize * len(readings) < 100 * len(readings)
    files = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert files - {"roomread.db-wal", "roomread.db-shm"} == {"call.mp4", "roomread.db"}


def test_recording_prints_which_video_track_it_reads(roomread: Program, tmp_path: Path) -> None:
    two_tracks(tmp_path / "film.mkv", [(64, 48), (160, 120)])
    errors = roomread("session", "record", "film.mkv").stderr.decode()
    assert "1 (160 x 120 h264) is read, and not 0 (64 x 48 h264) (--stream takes another)" in errors
    chosen = roomread("session", "record", "film.mkv", "--stream", "0").stderr.decode()
    assert "0 (64 x 48 h264) is read, and not 1" in chosen


def test_report_is_written_as_pdf_by_its_file_name_or_its_format(
    roomread: Program, recorded: tuple[OwnerStore, str], tmp_path: Path
) -> None:
    if importlib.util.find_spec("weasyprint") is None:
        pytest.skip("needs the pdf extra")
    _, number = recorded
    assert "lesson.PDF" in said(roomread("session", "report", number, "-o", "lesson.PDF"))
    assert (tmp_path / "lesson.PDF").read_bytes()[:5] == b"%PDF-"


def test_source_that_cannot_be_recorded_is_reported_in_one_line_and_leaves_no_session(
    roomread: Program, tmp_path: Path
) -> None:
    write_call(tmp_path / "lesson.mp4", 1)
    (tmp_path / "rules.txt").write_text("be nice\n")
    assert "no such file" in one_line(roomread("session", "record", "missing.mp4"))
    assert "line 1" in one_line(roomread("session", "record", "lesson.mp4", "--rules", "rules.txt"))
    assert "is no session" in one_line(roomread("session", "record", "lesson.mp4", "--resume", "x"))
    assert "no session is kept" in said(roomread("session", "list"))


def test_report_is_one_page_with_parts_alerts_and_the_consent(
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


def test_exports_contain_everything_that_the_session_holds(
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
    (tmp_path / "wrong.csv").write_text("time,label\nsoon,quiz\n")
    assert "'soon' is not a time" in one_line(
        roomread("session", "mark", number, "--csv", "wrong.csv")
    )
    assert "is not being recorded" in one_line(roomread("session", "mark", number, "late"))


def test_person_is_enrolled_and_forgotten(
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
    assert "needs an age" in one_line(roomread("session", "purge"))
    assert "0 sessions deleted" in said(roomread("session", "purge", "--days", "1"))
    monkeypatch.setenv("ROOMREAD_RETENTION_DAYS", "0.000001")
    assert "Algebra" in said(roomread("session", "list"))
    assert "1 session deleted" in said(roomread("session", "purge"))
    assert "no session is kept" in said(roomread("session", "list"))


def test_rules_are_printed_and_checked(roomread: Program, tmp_path: Path) -> None:
    rules = said(roomread("session", "rules"))
    (tmp_path / "mine.txt").write_text(rules)
    assert said(roomread("session", "rules", "mine.txt")) == "".join(
        line for line in rules.splitlines(keepends=True) if not line.startswith("#")
    )
