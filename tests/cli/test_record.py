"""Tests of `roomread session record`, most of them on a recorded video call."""

from __future__ import annotations

import csv
import os
import signal
import sqlite3
import subprocess
import sys
import zlib
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from alert_receiver import SECRET, is_genuine, receiving
from clips import two_tracks
from program import PROGRAM, Program, one_line, said
from roomread.bench.scenes import grid
from roomread.cli import record
from roomread.cli.progress import ProgressBar
from roomread.errors import MediaError, RoomreadError, SessionError
from roomread.media import VideoWriter
from roomread.store import LOCAL_OWNER, Store
from roomread.store.packing import RECORD
from roomread.testing import temporary_store

# Each test uses a new database.
pytestmark = pytest.mark.usefixtures("database")
CALL = grid(width=960, height=540, columns=4, rows=3, people=8)


def write_call(path: Path, seconds: float, *, rate: float = 2) -> Path:
    """Write a video call of eight people and four empty tiles that moves a little."""
    with VideoWriter(path) as video:
        for n in range(round(seconds * rate)):
            video.write(np.roll(CALL.image, n % 5 - 2, axis=1), n / rate)
    return path


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("lessons/algebra.mp4", "algebra.mp4"),
        ("0", "0"),
        ("rtsp://anna:secret@camera/stream", "rtsp://camera/stream"),
        (".", "."),
    ],
)
def test_session_is_named_after_its_source_without_folders_or_passwords(
    source: str, title: str
) -> None:
    assert record._name(source) == title


def test_rules_file_of_text_is_read_and_a_binary_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rules.txt"
    path.write_text("room happy above 1% for 5 s\n", encoding="utf-8")
    assert record.read_rules(path) == "room happy above 1% for 5 s\n"
    path.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(RoomreadError, match=r"rules\.txt: cannot be read as text"):
        record.read_rules(path)
    with pytest.raises(RoomreadError, match="cannot be read as text"):
        record.read_rules(tmp_path)


def test_rule_that_needs_more_frequent_frames_is_reported_as_not_applied(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rules = "room happy above 1% for 5 s\nroom negative above 40% for 600 s"
    progress = ProgressBar(1, quiet=True)
    record._warn_of_unused_rules(rules, 0.5, progress)
    assert capsys.readouterr().err == ""
    record._warn_of_unused_rules(rules, 2.0, progress)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("roomread: the rule 'room happy above 1% for 5 s' is not applied: ")
    assert line.endswith("it needs a frame every 0.5 s")


def test_recording_ends_with_its_error_or_with_a_note_that_it_was_too_short(
    capsys: pytest.CaptureFixture[str],
) -> None:
    progress = ProgressBar(1, quiet=True)
    record._report_end(progress, None, is_short=False)
    assert capsys.readouterr().err == ""
    record._report_end(progress, None, is_short=True)
    assert "too short for a mood" in capsys.readouterr().err
    record._report_end(progress, MediaError("lesson.mp4: stopped after 3.0 s"), is_short=True)
    assert capsys.readouterr().err == "roomread: lesson.mp4: stopped after 3.0 s\n"


def test_identity_option_is_refused_when_resuming_a_session_without_individual_readings() -> None:
    with temporary_store() as store:
        owned = store.owned_by(LOCAL_OWNER)
        record._check_people(owned.create("a", keeps_people=True, consent="all, in writing"))
        with pytest.raises(SessionError, match="no readings of individual people") as error:
            record._check_people(owned.create("b"))
        assert error.value.hint == "leave out --identity"


@pytest.mark.parametrize("consent", ["", "  "])
def test_identity_option_without_consent_is_refused(consent: str) -> None:
    with pytest.raises(SessionError, match="which needs their consent") as error:
        record._embedder(consent, None)
    assert "--people" in error.value.hint


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
    # Only the database was written, and it contains no row of pixels of any picture.
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
    assert line.endswith("the response has status 404")
    assert "room=4" not in line


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no kill -9")
def test_killed_recording_can_be_resumed_to_the_end_of_the_video(
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


def test_people_are_distinguished_by_their_faces_and_no_face_vector_is_stored(
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
    # The call shows two different faces, four times each. Copies of one face cannot be told apart,
    # but the two people of each pair, who swap their tiles, have different faces.
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
    # The only column of bytes contains one record per reading; a vector would need 512 bytes.
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
    assert "1 (160 x 120 h264) is read, and not 0 (64 x 48 h264) (--stream chooses" in errors
    chosen = roomread("session", "record", "film.mkv", "--stream", "0").stderr.decode()
    assert "0 (64 x 48 h264) is read, and not 1" in chosen


def test_source_that_cannot_be_recorded_is_reported_in_one_line_and_leaves_no_session(
    roomread: Program, tmp_path: Path
) -> None:
    write_call(tmp_path / "lesson.mp4", 1)
    (tmp_path / "rules.txt").write_text("be nice\n")
    assert "no such file" in one_line(roomread("session", "record", "missing.mp4"))
    assert "line 1" in one_line(roomread("session", "record", "lesson.mp4", "--rules", "rules.txt"))
    assert "is no session" in one_line(roomread("session", "record", "lesson.mp4", "--resume", "x"))
    assert "no session is kept" in said(roomread("session", "list"))
