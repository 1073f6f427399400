"""The table and the archive of several pictures and videos."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from classes import reading, showing
from roomread.formats.timeline import Timeline
from roomread.jobs.video_job import VideoJob
from roomread.readings import Expression, Frame
from roomread.services.results import (
    PictureResult,
    picture_rows,
    table_csv,
    video_rows,
    write_archive,
)
from roomread.store import JobRecord, JobState


def picture(name: str) -> PictureResult:
    readings = [
        reading(1, 0.0, showing(Expression.HAPPY)),
        reading(2, 0.0, None),
        reading(3, 0.0, showing(Expression.SAD, 0.2)),
    ]
    frame = Frame(np.zeros((40, 60, 3), np.uint8), 0.0, 0, name)
    return PictureResult(frame, readings, b"jpeg", lambda: b"png of " + name.encode())


def video(folder: Path, name: str) -> VideoJob:
    folder.mkdir()
    timeline = Timeline()
    for second in range(4):
        for person in (10, 2):
            shown = Expression.HAPPY if second else Expression.SAD
            timeline.add(reading(person, float(second), showing(shown)))
    timeline.write(folder / "timeline.json")
    (folder / "readings.csv").write_text("csv")
    (folder / "readings.jsonl").write_text("lines")
    (folder / "annotated.mp4").write_bytes(b"video")
    record = JobRecord(
        folder.name, "local", name, None, annotated=True, created=0.0, state=JobState.FINISHED
    )
    return VideoJob(record, folder)


def test_rows_of_a_picture_have_the_numbers_of_its_face_boxes() -> None:
    rows = list(picture_rows(picture("a.jpg")))
    assert [(row.number, row.expression) for row in rows] == [
        (1, "happy"),
        (2, "unreadable"),
        (3, "unsure"),
    ]
    assert rows[0].scores is not None
    assert rows[0].scores[Expression.HAPPY] == pytest.approx(0.9)
    assert rows[1].scores is None


def test_video_has_one_row_per_person_with_the_mean_scores_of_that_person(tmp_path: Path) -> None:
    rows = list(video_rows("clip.mp4", video(tmp_path / "1", "clip.mp4").timeline()))
    assert [(row.number, row.expression, row.seconds) for row in rows] == [
        (2, "happy", 4),
        (10, "happy", 4),
    ]
    assert rows[0].scores is not None
    assert rows[0].scores[Expression.HAPPY] == pytest.approx((3 * 0.9 + 0.1 / 6) / 4, abs=1e-3)


def test_csv_table_has_a_line_for_each_result_row() -> None:
    table = table_csv([*picture_rows(picture("=a.jpg"))])
    first, second, third = csv.DictReader(io.StringIO(table))
    assert (first["number"], first["expression"], first["happy"]) == ("1", "happy", "0.9000")
    # A spreadsheet would take the name for a formula.
    assert first["file"] == "'=a.jpg"
    assert second["happy"] == ""
    assert third["expression"] == "unsure"


def test_archive_contains_the_table_and_all_files_under_unique_names(tmp_path: Path) -> None:
    videos = [video(tmp_path / name, "../clip.mp4") for name in ("1", "2")]
    file = io.BytesIO()
    write_archive(file, [picture("a.jpg"), picture("a.png")], videos, annotated=True)
    with zipfile.ZipFile(file) as archive:
        assert sorted(archive.namelist()) == [
            "pictures/a.annotated-2.png",
            "pictures/a.annotated.png",
            "pictures/readings.csv",
            "pictures/readings.json",
            "table.csv",
            "videos/clip-2/annotated.mp4",
            "videos/clip-2/readings.csv",
            "videos/clip-2/readings.jsonl",
            "videos/clip/annotated.mp4",
            "videos/clip/readings.csv",
            "videos/clip/readings.jsonl",
        ]
        assert archive.read("pictures/a.annotated-2.png") == b"png of a.png"
        assert len(archive.read("table.csv").splitlines()) == 1 + 6 + 4


def test_archive_without_annotated_copies_has_no_png_and_no_mp4_files(tmp_path: Path) -> None:
    file = io.BytesIO()
    clip = video(tmp_path / "1", "clip.mp4")
    write_archive(file, [picture("a.jpg")], [clip], annotated=False)
    with zipfile.ZipFile(file) as archive:
        assert not [n for n in archive.namelist() if n.endswith((".png", ".mp4"))]


def test_archive_contains_no_password_and_no_path_to_a_parent_folder(tmp_path: Path) -> None:
    camera = video(tmp_path / "1", "rtsp://anna:secret@camera.example/lesson")
    file = io.BytesIO()
    write_archive(file, [picture("..\\..\\a.jpg")], [camera], annotated=True)
    with zipfile.ZipFile(file) as archive:
        names, table = archive.namelist(), archive.read("table.csv").decode()
    assert not [name for name in names if "secret" in name or "\\" in name or ".." in name]
    assert "camera.example" in table
    assert "secret" not in table
