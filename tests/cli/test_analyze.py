from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pyarrow.parquet
import pytest
from PIL import Image

from program import PROGRAM, Program
from roomread.bench import scenes
from roomread.media import read_image

FACE = ("box", "confidence", "detection_confidence", "expression", "quality", "scores")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "astronaut.png"
    Image.fromarray(scenes.astronaut()).save(path)
    return path


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    path = tmp_path / "wall.png"
    Image.new("RGB", (320, 240), (120, 130, 140)).save(path)
    return path


def one_line(stderr: bytes) -> str:
    (line,) = stderr.decode().splitlines()
    return line


def test_table_shows_one_happy_face_for_the_astronaut_photo(roomread: Program, photo: Path) -> None:
    result = roomread("analyze", photo)
    text = result.stdout.decode()
    assert result.returncode == 0
    assert "1 face" in text
    assert "happy" in text
    assert all(name in text for name in ("angry", "disgust", "fear", "sad", "surprise", "neutral"))
    assert result.stderr == b""


def test_json_has_seven_scores_of_which_happy_is_the_highest(
    roomread: Program, photo: Path
) -> None:
    (frame,) = json.loads(roomread("analyze", photo, "--format", "json").stdout)
    (face,) = frame["faces"]
    assert frame["width"] == 512
    assert face["expression"] == "happy"
    assert max(face["scores"], key=face["scores"].get) == "happy"
    assert sum(face["scores"].values()) == pytest.approx(1, abs=1e-3)
    assert set(FACE) <= set(face)


def test_picture_on_stdin_is_read(roomread: Program, photo: Path) -> None:
    result = roomread("analyze", "-", "--format", "json", stdin=photo.read_bytes())
    (frame,) = json.loads(result.stdout)
    assert frame["faces"][0]["expression"] == "happy"


def test_empty_standard_input_is_reported(roomread: Program) -> None:
    result = roomread("analyze", "-")
    assert result.returncode == 2
    assert one_line(result.stderr).startswith("roomread: standard input: is empty")


@pytest.mark.parametrize(
    "name", ["with space.png", "ünïcode 学.png", "-dash.png", "two\nlines.png"]
)
def test_files_with_unusual_names_can_be_analyzed_on_any_terminal(
    tmp_path: Path, photo: Path, name: str
) -> None:
    photo.rename(tmp_path / name)
    result = subprocess.run(
        [*PROGRAM, "analyze", "--", name],
        capture_output=True,
        cwd=tmp_path,
        timeout=120,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"},
    )
    assert result.stderr == b""
    assert b"happy" in result.stdout


def test_picture_without_faces_is_not_an_error(roomread: Program, empty: Path) -> None:
    result = roomread("analyze", empty, "--format", "json")
    assert result.returncode == 0
    assert json.loads(result.stdout)[0]["faces"] == []
    assert "no face" in roomread("analyze", empty).stdout.decode()


def test_readings_of_a_folder_are_written_to_csv(
    roomread: Program, photo: Path, empty: Path, tmp_path: Path
) -> None:
    inner = tmp_path / "class" / "monday"
    inner.mkdir(parents=True)
    photo.rename(inner / "a.png")
    empty.rename(tmp_path / "class" / "b.png")
    Image.fromarray(scenes.hopper()).save(tmp_path / "class" / "c.jpg")
    result = roomread("analyze", "class", "-o", "readings.csv")
    assert result.returncode == 0
    with (tmp_path / "readings.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [Path(row["source"]).name for row in rows] == ["c.jpg", "a.png"]
    assert float(rows[1]["scores_happy"]) > 0.5


def test_json_csv_and_parquet_contain_the_same_readings(
    roomread: Program, photo: Path, tmp_path: Path
) -> None:
    for suffix in ("json", "jsonl", "csv", "parquet"):
        assert roomread("analyze", photo, "-o", f"out.{suffix}").returncode == 0
    whole = json.loads((tmp_path / "out.json").read_text())
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert whole == lines
    (row,) = csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text()))
    (typed,) = pyarrow.parquet.read_table(tmp_path / "out.parquet").to_pylist()
    happy = whole[0]["faces"][0]["scores"]["happy"]
    assert float(row["scores_happy"]) == typed["scores_happy"] == happy
    assert list(typed) == list(row)


def test_annotated_copy_differs_from_the_photo_only_where_something_is_drawn(
    roomread: Program, photo: Path, tmp_path: Path
) -> None:
    assert roomread("analyze", photo, "--annotated", "out.png").returncode == 0
    before, after = read_image(photo), read_image(tmp_path / "out.png")
    assert after.shape == before.shape
    changed = (after != before).any(axis=2).mean()
    assert 0.001 < changed < 0.3


def test_blur_hides_the_face_in_the_annotated_copy_and_is_refused_without_a_copy(
    roomread: Program, photo: Path, tmp_path: Path
) -> None:
    assert roomread("analyze", photo, "--annotated", "shown.png").returncode == 0
    assert (
        roomread("analyze", photo, "--annotated", "hidden.png", "--blur", "cover").returncode == 0
    )
    shown, hidden = (read_image(tmp_path / f"{name}.png") for name in ("shown", "hidden"))
    assert (shown != hidden).any(axis=2).mean() > 0.02
    refused = roomread("analyze", photo, "--blur", "cover")
    assert refused.returncode == 2
    assert "--annotated" in one_line(refused.stderr)


def test_annotated_copy_never_overwrites_its_input(roomread: Program, photo: Path) -> None:
    content = photo.read_bytes()
    result = roomread("analyze", photo, "--annotated", photo)
    assert result.returncode == 2
    assert "would overwrite the input" in one_line(result.stderr)
    assert photo.read_bytes() == content


def test_inputs_that_would_have_the_same_annotated_copy_are_refused(
    roomread: Program, photo: Path, empty: Path, tmp_path: Path
) -> None:
    for folder, path in (("a", photo), ("b", empty)):
        (tmp_path / folder).mkdir()
        path.rename(tmp_path / folder / "same.png")
    result = roomread("analyze", "a/same.png", "b/same.png", "--annotated", "out")
    assert result.returncode == 2
    assert "annotated copy of two inputs" in one_line(result.stderr)


@pytest.mark.parametrize("output", ["astronaut.png", "other.jpg", "clip.mp4"])
def test_readings_are_never_written_over_pictures(
    roomread: Program, photo: Path, tmp_path: Path, output: str
) -> None:
    content = photo.read_bytes()
    result = roomread("analyze", photo, "-o", output, "--format", "csv")
    assert result.returncode == 2
    assert f"--annotated {output}" in one_line(result.stderr)
    assert photo.read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["astronaut.png"]


def test_input_without_a_suffix_is_not_overwritten(
    roomread: Program, photo: Path, tmp_path: Path
) -> None:
    photo.rename(tmp_path / "photo")
    content = (tmp_path / "photo").read_bytes()
    result = roomread("analyze", "photo", "-o", "photo")
    assert result.returncode == 2
    assert "is both an input and the output" in one_line(result.stderr)
    assert (tmp_path / "photo").read_bytes() == content


@pytest.mark.parametrize("name", ["", "a" * 300])
def test_empty_or_too_long_file_name_is_reported_in_one_line(roomread: Program, name: str) -> None:
    result = roomread("analyze", name)
    assert result.returncode == 2
    assert one_line(result.stderr).startswith("roomread: ")


@pytest.mark.parametrize("size", ["nan", "inf", "0", "-3"])
def test_invalid_min_face_option_is_refused(roomread: Program, photo: Path, size: str) -> None:
    result = roomread("analyze", photo, f"--min-face={size}")
    assert result.returncode == 2
    assert "Traceback" not in result.stderr.decode()


@pytest.mark.parametrize("detector", ["default", "haar"])
def test_both_detectors_find_the_face_in_the_astronaut_photo(
    roomread: Program, photo: Path, detector: str
) -> None:
    result = roomread("analyze", photo, "--detector", detector, "--format", "json")
    assert len(json.loads(result.stdout)[0]["faces"]) == 1


def test_faces_smaller_than_min_face_are_left_out(roomread: Program, photo: Path) -> None:
    result = roomread("analyze", photo, "--min-face", "300", "--format", "json")
    assert json.loads(result.stdout)[0]["faces"] == []


def broken_files(photo: Path) -> dict[str, bytes]:
    jpeg = io.BytesIO()
    with Image.open(photo) as picture:
        picture.convert("RGB").save(jpeg, "JPEG")
    return {
        "text.jpg": b"this is not a picture",
        "truncated.jpg": jpeg.getvalue()[:4000],
        "empty.png": b"",
        "text.mp4": b"this is not a video either",
    }


def test_each_damaged_input_is_reported_in_one_line_with_exit_status_2(
    roomread: Program, photo: Path, tmp_path: Path
) -> None:
    for name, content in broken_files(photo).items():
        (tmp_path / name).write_bytes(content)
        result = roomread("analyze", name)
        assert result.returncode == 2, name
        assert name in one_line(result.stderr)
        assert "Traceback" not in result.stderr.decode()


@pytest.mark.parametrize("missing", ["nowhere.jpg", "nowhere/", "nowhere.mp4"])
def test_error_for_a_missing_input_names_the_input(roomread: Program, missing: str) -> None:
    result = roomread("analyze", missing)
    assert result.returncode == 2
    assert "nowhere" in one_line(result.stderr)


def test_folder_without_pictures_is_reported(roomread: Program, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = roomread("analyze", "empty")
    assert result.returncode == 2
    assert "no picture or video" in one_line(result.stderr)


def test_damaged_file_among_three_does_not_affect_the_other_two_files(
    roomread: Program, photo: Path, empty: Path, tmp_path: Path
) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"no")
    result = roomread("analyze", photo, "bad.jpg", empty, "-o", "out.json")
    assert result.returncode == 3
    assert "bad.jpg" in one_line(result.stderr)
    frames = json.loads((tmp_path / "out.json").read_text())
    assert [len(frame["faces"]) for frame in frames] == [1, 0]


def test_output_in_a_missing_folder_is_reported(roomread: Program, photo: Path) -> None:
    result = roomread("analyze", photo, "-o", "no/such/folder/out.csv")
    assert result.returncode == 2
    assert "out.csv" in one_line(result.stderr)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_full_disk_on_stdout_is_reported(photo: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        command = [*PROGRAM, "analyze", str(photo), "--format", "json"]
        result = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, check=False, timeout=120
        )
    assert result.returncode == 2
    assert "No space left" in one_line(result.stderr)


def test_broken_pipe_on_stdout_is_not_an_error(photo: Path) -> None:
    command = [*PROGRAM, "analyze", str(photo), "--format", "csv"]
    reading, writing = os.pipe()
    os.close(reading)
    result = subprocess.run(
        command, stdout=writing, stderr=subprocess.PIPE, check=False, timeout=120
    )
    os.close(writing)
    assert result.stderr == b""


def test_parquet_without_an_output_file_is_refused(roomread: Program, photo: Path) -> None:
    result = roomread("analyze", photo, "--format", "parquet")
    assert result.returncode == 2
    assert "-o readings.parquet" in one_line(result.stderr)


@pytest.mark.parametrize("every", ["0", "-1", "soon", "1h"])
def test_invalid_value_of_the_option_every_is_refused(
    roomread: Program, photo: Path, every: str
) -> None:
    result = roomread("analyze", photo, f"--every={every}")
    assert result.returncode == 2
    assert "Traceback" not in result.stderr.decode()


def test_error_for_an_unknown_model_names_the_bundled_models(
    roomread: Program, photo: Path
) -> None:
    result = roomread("analyze", photo, "--model", "nothing")
    assert result.returncode == 2
    assert "compact" in one_line(result.stderr)


def test_version_option_prints_the_version(roomread: Program) -> None:
    assert roomread("--version").stdout.startswith(b"roomread ")


def test_ctrl_c_before_the_first_result_exits_with_status_130() -> None:
    process = subprocess.Popen([*PROGRAM, "analyze", "udp://127.0.0.1:9"], stderr=subprocess.PIPE)
    with process:
        assert process.stderr is not None
        # No stream is sent, so that the program waits for one as soon as it listens.
        while not psutil.Process(process.pid).net_connections("udp"):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
        assert b"Traceback" not in process.stderr.read()
