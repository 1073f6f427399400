from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from roomread import Analyzer
from roomread.errors import MediaError
from roomread.readings import NoPicture
from roomread.services.preview import Preview
from roomread.testing import FixedClassifier, FixedDetector
from shared_screen import XVFB, virtual_screen

PATIENCE = 60.0
EXAMPLE = Path(__file__).parents[2] / "examples" / "astronaut.jpg"
pytest.importorskip("mss", reason="needs the screen extra")
pytestmark = pytest.mark.skipif(XVFB is None, reason="no Xvfb on this machine")


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    with virtual_screen(1280, 800) as name:
        yield name


@pytest.fixture(autouse=True)
def screen(display: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)


def analyzer() -> Analyzer:
    return Analyzer(detector=FixedDetector([(40, 30, 100, 110)]), classifier=FixedClassifier())


def wait_until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_screen_preview_returns_the_latest_picture_until_the_preview_is_closed() -> None:
    preview = Preview("screen:", analyzer())
    wait_until(preview.look)
    with Image.open(io.BytesIO(preview.look())) as picture:
        assert (picture.format, picture.size) == ("JPEG", (960, 600))
    # The screen is black.
    assert preview.watch.state.no_picture is NoPicture.BLANK
    assert preview.running
    preview.close()
    assert not preview.running
    assert preview.error is None


def test_preview_ends_when_no_page_requests_its_pictures() -> None:
    now = [0.0]
    preview = Preview("screen:", analyzer(), clock=lambda: now[0])
    wait_until(preview.look)
    now[0] = 16.0
    wait_until(lambda: not preview.running)
    assert preview.error is None


@pytest.mark.parametrize(
    ("source", "problem"), [(str(EXAMPLE), "is a file, not a camera"), ("screen:9", "screen")]
)
def test_source_that_cannot_be_previewed_is_reported(source: str, problem: str) -> None:
    preview = Preview(source, analyzer())
    wait_until(lambda: not preview.running)
    assert isinstance(preview.error, MediaError)
    assert problem in str(preview.error)
