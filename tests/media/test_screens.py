"""Reading a virtual screen that shows a picture."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("mss", reason="needs the screen extra")

from program import PROGRAM, Program
from roomread.bench.scenes import astronaut
from roomread.errors import MediaError
from roomread.media import Part, open_source
from roomread.media.screens import screen_number
from shared_screen import XVFB, virtual_screen

SIZE = (640, 480)
# The program of ImageMagick that draws a picture on a screen.
DRAW = shutil.which("display")


def room() -> np.ndarray:
    """Return the picture that the screen shows: the astronaut portrait at (100, 60) on grey."""
    picture = np.full((SIZE[1], SIZE[0], 3), 90, dtype=np.uint8)
    picture[60:460, 100:500] = astronaut()[:400, 60:460]
    return picture


@pytest.fixture(scope="module")
def display(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if XVFB is None or DRAW is None:
        pytest.skip("needs Xvfb and ImageMagick on this machine")
    file = tmp_path_factory.mktemp("screen") / "room.png"
    Image.fromarray(room()).save(file)
    with virtual_screen(*SIZE) as name:
        # The program exits with status 1 even though it has drawn the picture.
        subprocess.run([DRAW, "-display", name, "-window", "root", str(file)], check=False)
        yield name


@pytest.fixture
def screen(display: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)


@pytest.mark.parametrize(
    ("spec", "number"),
    [
        ("screen:", 1),
        ("screen:2", 2),
        ("screen", None),
        ("screen:a", None),
        ("rtsp://screen:", None),
    ],
)
def test_screen_number_is_parsed_from_the_name_of_the_source(spec: str, number: int | None) -> None:
    assert screen_number(spec) == number


@pytest.mark.usefixtures("screen")
@pytest.mark.parametrize("spec", ["screen:", "screen:1"])
def test_screen_is_read_as_a_live_source_of_the_displayed_pixels(spec: str) -> None:
    with open_source(spec, every=0.01) as source:
        frames = [frame for frame, _ in zip(source, range(3), strict=False)]
        assert source.live
        assert source.dropped == 0
    assert np.array_equal(frames[0].image, room())
    assert [frame.index for frame in frames] == [0, 1, 2]
    assert 0 <= frames[0].time < frames[1].time < frames[2].time
    assert frames[0].source == "screen 1"


@pytest.mark.usefixtures("screen")
def test_only_the_given_region_of_a_screen_is_read() -> None:
    with open_source("screen:", part=(100, 60, 400, 300)) as source:
        frame = next(iter(source))
    assert np.array_equal(frame.image, room()[60:360, 100:500])


@pytest.mark.usefixtures("screen")
@pytest.mark.parametrize("part", [(0, 0, 641, 480), (600, 0, 100, 100), (0, 0, 0, 10)])
def test_error_for_a_region_outside_the_screen_states_the_screen_size(part: Part) -> None:
    with pytest.raises(MediaError, match="640 x 480"):
        open_source("screen:", part=part)


@pytest.mark.usefixtures("screen")
def test_screen_that_is_not_connected_is_refused() -> None:
    with pytest.raises(MediaError, match="1 screens are connected"):
        open_source("screen:2")


def test_computer_without_a_screen_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(MediaError, match="screen 1: cannot be read"):
        open_source("screen:")


def test_region_is_refused_for_a_source_that_is_not_a_screen() -> None:
    with pytest.raises(MediaError, match="a region can be chosen only on a screen"):
        open_source(Path("lesson.mp4"), part=(0, 0, 10, 10))


@pytest.mark.usefixtures("screen")
def test_existing_file_named_like_a_screen_is_read_as_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.fromarray(room()).save(tmp_path / "screen:", "PNG")
    monkeypatch.chdir(tmp_path)
    with open_source("screen:") as source:
        assert source.is_picture


@pytest.mark.usefixtures("screen")
def test_crop_option_reads_a_region_of_a_screen() -> None:
    arguments = ["analyze", "screen:", "--crop", "100,60,400,400", "--format", "jsonl"]
    with subprocess.Popen([*PROGRAM, *arguments], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        process.terminate()
    assert (first["source"], first["width"], first["height"]) == ("screen 1", 400, 400)
    assert [face["expression"] for face in first["faces"]] == ["happy"]


def test_crop_option_that_is_not_a_rectangle_is_a_usage_error(roomread: Program) -> None:
    said = roomread("analyze", "screen:", "--crop", "100,60")
    assert said.returncode == 2
    assert b"x,y,width,height" in said.stderr
