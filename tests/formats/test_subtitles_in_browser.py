"""Check in a browser that a video element shows the subtitles written as WebVTT."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("playwright.sync_api", reason="the dev group has it")
from playwright.sync_api import sync_playwright

from classes import frame as class_frame
from roomread.formats.subtitles import SubtitleSink
from roomread.readings import Expression, Frame
from visitors import CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
PAGE = "<video><track kind=captions src=lesson.vtt default></video>"
CUES = (
    "[...document.querySelector('video').textTracks[0].cues]"
    ".map(cue => [cue.startTime, cue.endTime, cue.getCueAsHTML().textContent])"
)


class Quiet(SimpleHTTPRequestHandler):
    """Request handler that serves the files of a folder without logging."""

    def log_message(self, *_: object) -> None:
        """Discard the message."""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "lesson.html").write_text(PAGE)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/lesson.html"
    server.shutdown()
    thread.join()
    server.server_close()


def test_video_element_has_the_times_and_texts_of_the_cues(address: str, tmp_path: Path) -> None:
    with (tmp_path / "lesson.vtt").open("w", encoding="utf-8") as file:
        sink = SubtitleSink(file)
        for time, expression in ((3599.5, Expression.HAPPY), (3600.5, Expression.SAD)):
            picture = Frame(np.zeros((8, 8, 3), np.uint8), time, 0, "lesson.mp4")
            sink.add(picture, class_frame(time, {1: expression, 2: Expression.FEAR}))
        sink.close()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(address)
        page.wait_for_function("document.querySelector('track').readyState >= 2")
        shown = page.evaluate(CUES)
        browser.close()
    assert shown == [
        [3599.5, 3600.5, "1: happy, 2: fear"],
        [3600.5, 3601.5, "1: sad, 2: fear"],
    ]
