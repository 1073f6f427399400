"""The pages Home, Settings and About in a real browser, and the URLs of pages."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="the dev group has it")
from playwright.sync_api import Page, expect

from visitors import (
    CHROMIUM,
    unfold,
    visit,
    wait_until_drawn,
)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
EXAMPLE = Path(__file__).parents[2] / "examples" / "astronaut.jpg"


def test_home_links_to_the_demo_class_and_to_an_example_photo(
    page: Page,
) -> None:
    visit(page, "Home")
    page.get_by_role("button", name="The demo class").click()
    page.wait_for_url("**/lessons?session=*")
    expect(page.get_by_text("The class was less positive than before from 10:")).to_be_visible()
    expect(page.get_by_role("cell", name="group work").first).to_be_visible()
    visit(page, "Home")
    expect(page.get_by_role("heading", name="Recent lessons")).to_be_visible()
    page.get_by_role("button", name="An example photo").click()
    expect(page.get_by_role("img", name="example.jpg: 1 face")).to_be_visible()
    visit(page, "Home")
    page.get_by_role("button", name="Demo class (made up)").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete permanently").click()
    expect(page.get_by_text("No lesson is stored yet.")).to_be_visible()


def test_page_opens_at_each_of_its_alternative_urls(page: Page, address: str) -> None:
    for path, title in (("live", "Watch now"), ("home", "Roomread")):
        page.goto(f"{address}/{path}")
        expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
        wait_until_drawn(page)
        expect(page.get_by_text("Page not found")).to_have_count(0)


def test_settings_page_shows_the_purpose_and_the_model_and_about_page_shows_the_law(
    page: Page,
) -> None:
    visit(page, "Settings")
    expect(page.get_by_text("Out of 100 smiles, 89 are read as happy.")).to_be_visible()
    expect(page.get_by_text("This installation is used for: Research")).to_be_visible()
    unfold(page, "The figures of the model")
    expect(page.get_by_text("Abstains under")).to_be_visible()
    expect(page.get_by_text("roomread train DATA --config compact")).to_be_visible()
    expect(page.get_by_role("heading", name="What it confuses")).to_be_visible()
    visit(page, "About")
    expect(page.get_by_text("Article 5(1)(f)")).to_be_visible()
    expect(page.get_by_text("Nothing is stored")).to_be_visible()
