"""Tests that a hidden page reads and records a shared call, even if the service restarts."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from program import free_port
from roomread.bench.scenes import grid
from serving import Service, serving
from shared_screen import (
    CHROMIUM,
    XVFB,
    HeadedBrowser,
    Tab,
    headed_browser,
    virtual_screen,
    write_call,
)

pytestmark = pytest.mark.skipif(
    CHROMIUM is None or XVFB is None, reason="needs Chromium and Xvfb on this machine"
)
SIZE = (800, 450)
CALL = grid(width=SIZE[0], height=SIZE[1], columns=3, rows=2, people=6, face=(0.4, 0.5))


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[HeadedBrowser]:
    folder = tmp_path / "profile"
    folder.mkdir()
    with virtual_screen(*SIZE) as display, headed_browser(display, folder, *SIZE) as made:
        yield made


def record(page: Tab, name: str) -> None:
    """Fill in the form and press Record."""
    page.run(
        f"document.getElementById('name').value = {name!r};"
        "document.getElementById('notice').value = 'a slide';"
        "document.querySelector('#record button').click()"
    )
    page.wait_for("!document.getElementById('recording').hidden")


def wait_for_people(page: Tab) -> None:
    page.wait_for("document.getElementById('mood').textContent.includes('of 6 faces')")


def wait_for_mood(service: Service, session_id: str, *, after: float) -> float:
    """Wait until a session has a mood later than a time, s, and return the mood's time."""
    deadline = time.monotonic() + 60
    while True:
        mood = httpx.get(f"{service.url}/api/v1/sessions/{session_id}/mood").json()["mood"]
        if mood is not None and mood["time"] > after:
            found: float = mood["time"]
            return found
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_hidden_page_reads_a_video_call_and_continues_recording_after_a_service_restart(
    browser: HeadedBrowser, tmp_path: Path
) -> None:
    port = str(free_port())
    call = write_call(tmp_path, CALL, rate=5.0)
    with serving(tmp_path, "--port", port) as service:
        page = browser.open(f"{service.url}/share")
        page.wait_for("document.querySelector('#choose')?.disabled === false")
        page.wait_for("document.querySelectorAll('#shares tr').length === 7")
        page.press("choose")
        page.wait_for("!document.getElementById('reading').hidden")
        browser.open(call.as_uri())
        page.wait_for("document.visibilityState === 'hidden'")
        wait_for_people(page)
        boxes = page.run("document.querySelectorAll('#boxes rect').length")
        assert boxes == 6
        record(page, "Algebra 7b")
        (session,) = httpx.get(f"{service.url}/api/v1/sessions").json()["sessions"]
        before, asked = wait_for_mood(service, session["id"], after=0.0), time.monotonic()
        service.kill()
        killed = time.monotonic()
        page.wait_for(
            "document.getElementById('warnings').textContent.includes('connection is lost')"
        )
    with serving(tmp_path, "--port", port) as service:
        down = time.monotonic() - killed
        # Wait for a mood that is later than the restart; earlier moods are from before the kill.
        wait_for_mood(service, session["id"], after=before + time.monotonic() - asked)
        assert page.text("warnings") == ""
        page.press("end")
        page.wait_for("!document.getElementById('ended').hidden")
        (session,) = httpx.get(f"{service.url}/api/v1/sessions").json()["sessions"]
        answer = httpx.get(f"{service.url}/api/v1/sessions/{session['id']}/timeline").json()
    assert (session["name"], session["state"]) == ("Algebra 7b", "ended")
    assert (session["notice"], session["source"]) == ("a slide", "a shared window")
    assert {mood["present"] for mood in answer["moods"]} == {6}
    times = [mood["time"] for mood in answer["moods"]]
    assert times == sorted(set(times))
    # The time without a service is a gap in the session, up to the difference between the clocks.
    assert max(b - a for a, b in itertools.pairwise(times)) > down - 1
    assert page.violations == []
