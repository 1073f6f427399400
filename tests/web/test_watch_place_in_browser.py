"""A screen of the app's computer and a call on the page Watch now, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="the dev group has it")
pytest.importorskip("mss", reason="needs the screen extra")
from playwright.sync_api import Page, expect

from serving import serving
from shared_screen import XVFB, virtual_screen
from visitors import CHROMIUM, press, visit

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.skipif(XVFB is None, reason="no Xvfb on this machine"),
]


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """Run the app on a computer with a screen, and yield its URL."""
    database = f"sqlite:///{folder / 'roomread.db'}"
    with virtual_screen(640, 480) as display, pytest.MonkeyPatch.context() as variables:
        variables.setenv("DISPLAY", display)
        variables.delenv("WAYLAND_DISPLAY", raising=False)
        options = {"purpose": "research", "database_url": database}
        with serving(folder, "--no-browser", command="app", **options) as app:
            yield app.url


def test_screen_is_previewed_recorded_stopped_and_shown_as_a_lesson(page: Page) -> None:
    visit(page, "Watch now")
    page.get_by_text("A camera, a stream or a screen").click()
    show = page.get_by_role("button", name="Show it")
    press(show, expect(page.get_by_text("Name a camera, a stream or a screen.")).to_be_visible)
    place = page.get_by_role("textbox", name="A camera's number")
    place.fill("screen:")
    place.press("Enter")
    preview = page.get_by_role("img", name="seen")
    expect(preview).to_be_visible()
    # The virtual screen is black.
    expect(page.get_by_text("No picture: the camera")).to_be_visible()
    stop = page.get_by_role("button", name="Stop recording")
    press(page.get_by_role("button", name="Record", exact=True), expect(stop).to_be_visible)
    page.wait_for_url("**/watch?session=*")
    # The recording runs without this page, and its URL shows it again.
    recorded = page.url
    page.goto(recorded.replace("/watch", "/lessons"))
    page.wait_for_url("**/watch?session=*")
    stop.click()
    page.wait_for_url("**/lessons?session=*")
    expect(page.get_by_role("button", name="Delete")).to_be_visible()


def test_call_window_is_chosen_within_the_page(page: Page) -> None:
    visit(page, "Watch now")
    page.get_by_text("A call", exact=True).click()
    shared = page.frame_locator('iframe[title="Read a call"]')
    choose = shared.get_by_role("button", name="Choose the call's window")
    expect(choose).to_be_enabled()
    # The frame may capture a window, and has no link to the app, which surrounds it.
    assert choose.evaluate("() => document.featurePolicy.allowsFeature('display-capture')")
    expect(shared.get_by_role("link", name="The app")).to_have_count(0)
