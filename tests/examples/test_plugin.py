"""Tests of the example plug-in, installed with pip."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from program import PROGRAM
from roomread.bench import scenes
from roomread.media import write_image

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "examples" / "plugin"
SOURCES = str(ROOT / "src")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the installed example plug-in and a photo."""
    folder = tmp_path_factory.mktemp("plugin")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    options = ["--no-build-isolation", "--no-warn-conflicts", "--target", str(folder)]
    subprocess.run([*pip, *options, str(PLUGIN)], check=True)
    write_image(folder / "photo.png", scenes.astronaut())
    return folder


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    places = os.pathsep.join([str(folder), SOURCES])
    environment = {**os.environ, "PYTHONPATH": places}
    return subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, check=False
    )


def test_plugins_are_listed_with_their_package(installed: Path) -> None:
    out = run(installed, *PROGRAM, "plugins").stdout
    for option in (
        "--detector upright",
        "--model mirrored",
        "--tracker nearest",
        "--format counts",
    ):
        (line,) = (line for line in out.splitlines() if line.startswith(option))
        assert "roomread-example 0.1" in line
        assert "can be imported" in line


def test_photo_is_read_with_all_plugins(installed: Path) -> None:
    options = ["--detector", "upright", "--model", "mirrored", "--tracker", "nearest"]
    done = run(installed, *PROGRAM, "analyze", "photo.png", *options, "--format", "counts", "-q")
    assert done.returncode == 0, done.stderr
    header, line = (line.split("\t") for line in done.stdout.splitlines())
    assert dict(zip(header, line, strict=True)) == {
        **dict.fromkeys(header, "0"),
        "source": "photo.png",
        "time": "0.000",
        "faces": "1",
        "happy": "1",
    }


def test_error_for_an_unknown_name_lists_the_known_names(installed: Path) -> None:
    done = run(installed, *PROGRAM, "analyze", "photo.png", "--detector", "blobs")
    assert done.returncode != 0
    assert "there is no detector 'blobs'" in done.stderr
    assert "default, haar, upright" in done.stderr


def test_example_plugin_passes_the_contract_tests_of_the_plugin_interfaces(installed: Path) -> None:
    tests = ["-q", "-p", "no:cacheprovider", "--import-mode=importlib", "-c", os.devnull]
    done = run(installed, sys.executable, "-m", "pytest", *tests, str(PLUGIN / "tests"))
    assert done.returncode == 0, done.stdout
