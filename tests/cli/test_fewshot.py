from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import altered
from program import Program
from roomread.bench import scenes
from roomread.cli.teach import repeat_options


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_DATA_HOME", "HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "user"))
    return tmp_path / "user"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    portraits = scenes.portraits()
    for n, picture in enumerate(altered.variants(altered.masked(*portraits[1]))):
        picture.save(tmp_path / f"m{n}.jpg")
    for n, picture in enumerate(altered.squeezed()):
        picture.save(tmp_path / f"n{n}.jpg")
    altered.masked(*portraits[0]).save(tmp_path / "other.jpg")
    for n, picture in enumerate(altered.variants(Image.fromarray(scenes.astronaut()))[:2]):
        picture.save(tmp_path / f"smile{n}.jpg")
    Image.fromarray(np.hstack([scenes.astronaut()] * 2)).save(tmp_path / "two.jpg")
    return tmp_path


def one_line(stderr: bytes) -> str:
    (line,) = stderr.decode().splitlines()
    return line


@pytest.mark.usefixtures("pictures")
def test_state_is_taught_listed_used_moved_and_deleted(roomread: Program) -> None:
    taught = roomread("teach", "--state", "masked", *(f"m{n}.jpg" for n in range(5)))
    assert taught.returncode == 0, taught.stderr
    assert b"5 of 5 left-out pictures are read correctly" in taught.stdout
    assert b"a state" in roomread("profiles", "list").stdout
    assert b"kept as vectors" in roomread("profiles", "show", "masked").stdout
    assert b"It helps" in roomread("profiles", "evaluate", "masked").stdout

    used = ("analyze", "other.jpg", "smile0.jpg", "--profiles", "masked")
    other, smile = json.loads(roomread(*used, "--format", "json").stdout)
    assert other["faces"][0]["states"]["masked"]["shown"] is True
    assert smile["faces"][0]["states"]["masked"]["shown"] is False
    rows = list(csv.DictReader(io.StringIO(roomread(*used, "--format", "csv").stdout.decode())))
    masked = [json.loads(row["states"])["masked"] for row in rows]
    assert [state["shown"] for state in masked] == [True, False]
    assert masked[0]["percentile"] > masked[1]["percentile"]
    assert b"+ masked" in roomread(*used).stdout

    assert roomread("profiles", "export", "masked", "moved.json").returncode == 0
    assert roomread("profiles", "delete", "masked", "--yes").returncode == 0
    assert b"No profiles yet" in roomread("profiles", "list").stdout
    assert "no profile 'masked'" in one_line(roomread(*used).stderr)
    assert roomread("profiles", "import", "moved.json").returncode == 0
    assert b"masked" in roomread("profiles", "list").stdout


@pytest.mark.usefixtures("pictures")
def test_person_is_taught_with_consent_and_used_for_the_only_face(roomread: Program) -> None:
    teach = ("teach", "grace", "--neutral", "n0.jpg", "n1.jpg", "n2.jpg")
    assert "the consent of grace is not recorded" in one_line(roomread(*teach).stderr)
    assert roomread(*teach, "--consent", "she said yes").returncode == 0
    (frame,) = json.loads(
        roomread("analyze", "n0.jpg", "--profiles", "grace", "--format", "json").stdout
    )
    assert frame["faces"][0]["person"] == "grace"
    result = roomread("analyze", "two.jpg", "--profiles", "grace")
    assert result.returncode == 0
    assert "'grace' was not used" in one_line(result.stderr)


def test_teaching_that_fails_prints_one_line_and_keeps_nothing(
    roomread: Program, pictures: Path, own_folder: Path
) -> None:
    (pictures / "broken.jpg").write_bytes((pictures / "smile0.jpg").read_bytes()[:900])
    for arguments, problem in (
        (("--state", "odd", "two.jpg"), "two.jpg: 2 faces"),
        (("--state", "odd", "broken.jpg"), "broken.jpg: is damaged"),
        (("--state", "odd", "missing.jpg"), "missing.jpg: no such file"),
        (("--state", "odd"), "no picture of 'odd'"),
        (("--state", "happy", "smile0.jpg"), "'happy' is one of the seven"),
        (("--state", "../odd", "smile0.jpg"), "cannot be a profile's name"),
        (("asha",), "there are no pictures to learn from"),
        (("--neutral", "n0.jpg"), "no name: is not a single name"),
        (("asha", "--neutral", "m0.jpg", "--happy", "m0.jpg", "--consent", "x"), "taught as"),
        (("asha", "--neutral", "smile0.jpg", "smile1.jpg", "--consent", "x"), "does not help"),
    ):
        result = roomread("teach", *arguments)
        assert result.returncode == 2
        assert problem in one_line(result.stderr)
    assert list(own_folder.rglob("*.json")) == []


@pytest.mark.usefixtures("pictures")
def test_profile_that_does_not_help_is_kept_only_with_force(roomread: Program) -> None:
    teach = ("teach", "asha", "--neutral", "smile0.jpg", "smile1.jpg", "--consent", "x", "--force")
    assert roomread(*teach).returncode == 0
    assert b"does not help" in roomread("profiles", "evaluate", "asha").stdout
    assert "--replace" in one_line(roomread(*teach).stderr)
    assert roomread(*teach, "--replace").returncode == 0


def test_profiles_of_other_nets_are_refused_and_damaged_ones_are_listed_as_damaged(
    roomread: Program, pictures: Path
) -> None:
    assert roomread("teach", "--state", "masked", "m0.jpg", "m1.jpg").returncode == 0
    assert roomread("profiles", "export", "masked", "moved.json").returncode == 0
    values = json.loads((pictures / "moved.json").read_text())
    (pictures / "old.json").write_text(json.dumps(values | {"digest": "0ld", "name": "masked"}))
    assert "not with compact" in one_line(roomread("profiles", "import", "old.json").stderr)
    assert "not text" in one_line(roomread("profiles", "import", "m0.jpg").stderr)
    (kept,) = (pictures / "user").rglob("masked.json")
    kept.write_text(kept.read_text()[:500])
    listed = roomread("profiles", "list")
    assert listed.returncode == 0
    assert b"damaged" in listed.stdout
    assert "masked.json" in one_line(roomread("profiles", "show", "masked").stderr)
    assert roomread("profiles", "delete", "masked", "-y").returncode == 0


def test_several_pictures_may_follow_one_option() -> None:
    typed = ["asha", "--neutral", "a", "b", "--happy", "c", "--force", "--model", "m"]
    assert repeat_options(typed) == [
        *("asha", "--neutral", "a", "--neutral", "b", "--happy", "c", "--force", "--model", "m")
    ]
