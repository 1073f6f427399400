"""Tests of the warnings on the page "Read a call" about a blank or unavailable window."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright.sync_api", reason="the dev group has it")
from playwright.sync_api import Browser, Page, expect

from serving import Service
from shared_screen import DRAWN_WINDOW
from visitors import CHROMIUM, SLOW

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
REFUSED = (
    "navigator.mediaDevices.getDisplayMedia = () => Promise.reject(new DOMException('{text}',"
    " '{name}')); null"
)
MINIMISED = "No picture comes from the window. Is it minimised?"


def open_share(browser: Browser, service: Service, script: str) -> Page:
    expect.set_options(timeout=SLOW)
    context = browser.new_context(locale="en-GB")
    context.add_init_script(script)
    page = context.new_page()
    page.set_default_timeout(SLOW)
    page.goto(f"{service.url}/share")
    expect(page.locator("#shares tr")).to_have_count(7)
    return page


def test_page_warns_of_a_window_that_is_muted_minimised_black_or_no_longer_shared(
    browser: Browser, service: Service
) -> None:
    page = open_share(browser, service, DRAWN_WINDOW)
    warnings = page.locator("#warnings")
    page.get_by_role("button", name="Choose the call's window").click()
    expect(page.get_by_text("pictures a second")).to_be_visible()
    expect(warnings).to_be_empty()
    page.evaluate("track.dispatchEvent(new Event('mute'))")
    expect(warnings).to_contain_text(MINIMISED)
    page.evaluate("track.dispatchEvent(new Event('unmute'))")
    expect(warnings).to_be_empty()
    page.evaluate("shown = 'nothing'")
    expect(warnings).to_contain_text(MINIMISED)
    page.evaluate("shown = 'black'")
    expect(warnings).to_contain_text("The picture is black, or has not moved")
    expect(warnings).not_to_contain_text(MINIMISED)
    page.evaluate("shown = 'noise'")
    expect(warnings).to_be_empty()
    page.evaluate("track.dispatchEvent(new Event('ended'))")
    expect(warnings).to_have_text("Sharing has stopped. Choose the window again to go on.")
    expect(page.get_by_role("button", name="Stop sharing")).to_be_hidden()
    page.get_by_role("button", name="Choose another window").click()
    expect(page.get_by_role("button", name="Stop sharing")).to_be_visible()
    expect(warnings).to_be_empty()
    page.context.close()


def test_page_explains_why_no_window_is_shared(browser: Browser, service: Service) -> None:
    page = open_share(browser, service, DRAWN_WINDOW)
    warnings, choose = page.locator("#warnings"), page.get_by_role("button", name="Choose the call")
    page.evaluate(REFUSED.format(name="NotAllowedError", text=""))
    choose.click()
    expect(warnings).to_contain_text("No window was chosen.")
    page.evaluate(REFUSED.format(name="NotReadableError", text="the system refuses"))
    choose.click()
    expect(warnings).to_contain_text("The window cannot be shared:")
    expect(warnings).to_contain_text("the system refuses")
    page.context.close()


def test_page_says_if_the_browser_cannot_share_a_window(browser: Browser, service: Service) -> None:
    # Browsers of phones do not have this function.
    page = open_share(browser, service, "delete MediaDevices.prototype.getDisplayMedia")
    expect(page.locator("#warnings")).to_contain_text("This browser cannot share a window.")
    expect(page.get_by_role("button", name="Choose the call")).to_be_disabled()
    page.context.close()
