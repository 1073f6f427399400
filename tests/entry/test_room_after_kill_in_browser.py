"""Tests that the pages of a lesson reconnect by themselves after the service was killed."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

pytest.importorskip("playwright.sync_api", reason="the dev group has it")

from playwright.sync_api import expect

from joining_students import joined
from program import free_port
from serving import serving
from visitors import CHROMIUM, chromium
from whole_lesson import PATIENCE, Outcome, join, new_page, open_room

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.sweep,
]


def test_pages_reconnect_after_the_service_is_killed_and_presses_are_counted_once(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    expect.set_options(timeout=PATIENCE)
    port, outcome = str(free_port()), Outcome("")
    with chromium(tmp_path) as browser, ExitStack() as held:
        board = new_page(browser)
        with serving(tmp_path, "--port", port, command="app", purpose="research") as service:
            room = open_room(board, service)
            link = board.locator("#link").get_attribute("href") or ""
            students = [join(browser, link, outcome, camera=False) for _ in range(2)]
            code = board.locator("#code").inner_text()
            # Counts are shown only if at least five people have joined.
            others = [held.enter_context(joined(service.url, room, code)) for _ in range(3)]
            students[0].get_by_role("button", name="I am lost").click()
            expect(board.locator("#said-lost")).to_have_text("1")
            board.get_by_label("What begins now").fill("group work")
            board.get_by_role("button", name="Mark (M)").click()
            # The press is written with the next sample.
            _wait_for_press(service.url, room)
            service.kill()
            expect(board.locator("#lost-connection")).to_be_visible()
            for page in students:
                expect(page.locator("#state")).to_have_text("Connecting …")
        with serving(tmp_path, "--port", port, command="app", purpose="research") as service:
            back = time.monotonic()
            for page in students:
                expect(page.locator("#state")).to_have_text("You are in the room.")
            expect(board.locator("#lost-connection")).to_be_hidden()
            expect(board.locator("#line")).to_contain_text("of 2 people")
            record_property("seconds", round(time.monotonic() - back, 1))
            # Presses from before the kill no longer count, and the page shows this.
            button = students[0].get_by_role("button", name="I am lost")
            expect(button).to_have_attribute("aria-pressed", "false")
            for other in others:
                token = other.seat["token"]
                held.enter_context(joined(service.url, room, code, resume=token))
            expect(board.locator("#line")).to_contain_text("of 5 people")
            expect(board.locator("#said-lost")).to_have_text("0")
            expect(board.locator("#chart text").get_by_text("group work")).to_be_attached()
            with httpx.Client(base_url=f"{service.url}/api/v1/", timeout=60) as http:
                http.post(f"rooms/{room}/close")
                reports = http.get(f"sessions/{room}/reports").json()["reports"]
                moods = http.get(f"sessions/{room}/timeline").json()["moods"]
                marks = http.get(f"sessions/{room}/marks").json()["marks"]
    assert sum(sample["lost_presses"] or 0 for sample in reports) == 1
    assert max(sample["people"] for sample in reports) == 5
    times = [mood["time"] for mood in moods]
    assert all(a < b for a, b in itertools.pairwise(times))
    assert [mark["label"] for mark in marks] == ["group work"]


def _wait_for_press(url: str, room: str) -> None:
    deadline = time.monotonic() + PATIENCE / 1000
    while True:
        samples = httpx.get(f"{url}/api/v1/sessions/{room}/reports", timeout=30).json()["reports"]
        if any(sample["lost_presses"] for sample in samples):
            return
        assert time.monotonic() < deadline
        time.sleep(0.3)
