"""The page Settings in a real browser: saved settings apply to all pages and are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="the dev group has it")
from playwright.sync_api import Browser, Page, expect

from roomread.room import parse_rules
from roomread.services.preferences import Preferences, keep_preferences, load_preferences
from roomread.store import LOCAL_OWNER, Store
from visitors import CHROMIUM, SLOW, choose, visit, wait_until_drawn

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


def test_saved_settings_are_kept_and_pages_use_the_chosen_language(
    page: Page, address: str, folder: Path
) -> None:
    visit(page, "Settings")
    wait_until_drawn(page)
    page.get_by_role("spinbutton", name="Expected number of people").fill("28")
    page.get_by_role("textbox", name="How people are informed").fill("a slide")
    page.get_by_text("Unpleasant expressions in the room stay above a threshold").click()
    choose(page, "Language of the app", "Deutsch")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Die Einstellungen sind gespeichert.")).to_be_visible()
    store = Store(f"sqlite:///{folder / 'roomread.db'}")
    kept = load_preferences(store.owned_by(LOCAL_OWNER))
    assert (kept.language, kept.class_size, kept.notice) == ("de", 28, "a slide")
    measures = [(rule.subject, rule.measure) for rule in parse_rules(kept.rules)]
    assert ("room", "valence") in measures
    assert ("room", "negative") not in measures
    page.goto(f"{address}/watch")
    expect(page.get_by_role("heading", name="Zusehen", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Einstellungen")).to_be_visible()
    # The other tests expect English.
    keep_preferences(store.owned_by(LOCAL_OWNER), Preferences())
    store.close()


def test_pages_use_the_language_of_the_browser_until_another_is_chosen(
    browser: Browser, address: str, page: Page
) -> None:
    del page  # its fixture has answered the question about the purpose
    context = browser.new_context(locale="fr-FR", viewport={"width": 390, "height": 844})
    visitor = context.new_page()
    visitor.set_default_timeout(SLOW)
    visitor.goto(f"{address}/settings")
    expect(visitor.get_by_role("heading", name="Réglages", exact=True)).to_be_visible()
    assert visitor.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
