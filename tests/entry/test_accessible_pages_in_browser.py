"""Tests that the pages of a live class work with a keyboard, a screen reader or a small screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import numpy as np
import pytest

pytest.importorskip("playwright.sync_api", reason="the dev group has it")
from playwright.sync_api import Browser, Page, expect

from accessibility import check_keyboard, check_page, check_rules, check_width
from joining_students import joined, open_room
from roomread.fewshot import Profile, ProfileStore
from roomread.fewshot.profile import Reference
from serving import Service
from visitors import CHROMIUM, SLOW

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    expect.set_options(timeout=SLOW)
    with browser.new_context(permissions=["camera"], locale="en-GB") as context:
        opened = context.new_page()
        opened.set_default_timeout(SLOW)
        yield opened


def test_share_page_is_accessible_before_and_during_a_recording(
    page: Page, service: Service
) -> None:
    features, logits = np.ones(4, np.float32), np.zeros(7, np.float32)
    taught = Profile("masked", (Reference("masked", features, logits),), "net", "0123")
    kept = ProfileStore(service.folder / "data" / "profiles").keep(taught)
    page.goto(f"{service.url}/share")
    kept.unlink()
    expect(page.get_by_role("checkbox", name="masked")).to_be_visible()
    expect(page.locator("#shares tr")).to_have_count(7)
    page.get_by_label("Keep the readings of individual people").check()
    check_page(page)
    page.get_by_label("Name", exact=True).fill("Algebra 7b")
    page.get_by_label("How people were told").fill("a slide")
    page.get_by_label("Who consented, and how").fill("on paper")
    page.get_by_role("button", name="Record").press("Enter")
    expect(page.get_by_role("button", name="End the session")).to_be_visible()
    # Show the preview, which is visible only while a window is shared.
    page.locator("#reading").evaluate("section => { section.hidden = false; }")
    check_page(page)


def test_student_pages_are_accessible_from_entering_the_code_to_leaving(
    page: Page, service: Service
) -> None:
    room = open_room(service.url)
    page.goto(f"{service.url}/join")
    check_page(page)
    page.get_by_label("Code").fill("AAAA-AAAA")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    check_rules(page)
    page.get_by_label("Code").fill(room["code"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="I do not join")).to_be_visible()
    check_page(page)
    page.get_by_role("button", name="I agree: join with my face read").press("Enter")
    on = page.get_by_role("button", name="Switch my camera on")
    expect(on).to_be_enabled()
    on.press("Enter")
    expect(page.get_by_text("Last reading: happy")).to_be_visible()
    page.get_by_role("button", name="I am lost").press("Space")
    page.get_by_text("The last reading, exactly").press("Enter")
    check_page(page)
    page.get_by_role("button", name="Leave").press("Enter")
    expect(page.get_by_text("You are no longer counted.")).to_be_visible()
    check_page(page)


def test_camera_page_is_accessible(page: Page, service: Service) -> None:
    page.goto(f"{service.url}/mirror")
    expect(page.get_by_role("button", name="Switch my camera on")).to_be_enabled()
    check_page(page)


def test_teacher_pages_are_accessible_from_creating_a_room_to_closing_it(
    page: Page, service: Service
) -> None:
    page.goto(f"{service.url}/room")
    page.get_by_label("Name").fill("Algebra 7b")
    check_page(page)
    room = open_room(service.url)
    page.goto(f"{service.url}/room/{room['id']}")
    with ExitStack() as held:
        for _ in range(5):
            student = held.enter_context(joined(service.url, room["id"], room["code"]))
            student.send(k="say", v="lost")
        expect(page.locator("#said-lost")).to_have_text("5")
        page.get_by_role("button", name="Mark (M)").press("Enter")
        expect(page.locator("#chart line.mark")).to_have_count(1)
        page.get_by_role("button", name="End the lesson").press("Enter")
        check_page(page)
        page.locator("#really-close").press("Enter")
        expect(page.get_by_role("heading", name="The hardest minutes")).to_be_visible()
        expect(page.locator("#hardest li").first).to_be_visible()
        check_page(page)


FAULTY = """<!doctype html><html lang="en"><head><title>Faulty</title></head>
<body><main><h1>Faulty</h1>
<p style="color: #bbb; background: #fff">pale</p><p style="width: 900px">wide</p>
<button>seen</button><button style="outline: none">unseen</button>
<button id="trap">trap</button><button>beyond</button></main>
<script>
document.querySelector("#trap").addEventListener("keydown", event => event.preventDefault());
</script>
<iframe title="inner"
srcdoc="<html lang=en><title>i</title><main><img src='data:,'></main>"></iframe>
</body></html>"""


def test_accessibility_checks_find_the_faults_of_a_faulty_page(page: Page) -> None:
    page.set_content(FAULTY)
    with pytest.raises(AssertionError, match=r"(?s)light: color-contrast.*light: image-alt"):
        check_rules(page)
    with pytest.raises(AssertionError, match=r"the page is 9\d\d px wide"):
        check_width(page, 390)
    with pytest.raises(AssertionError) as raised:
        check_keyboard(page)
    found = str(raised.value)
    assert "Tab does not reach <button>beyond" in found
    assert "the focus is not visible on <button style" in found
    assert "seen</button>" in found
    assert "<button>seen" not in found
