"""Fixtures that start the app and a real browser, once for each file of tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from serving import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(autouse=True)
def _own_main_module() -> Iterator[None]:
    """Restore the main module, which a page's script replaces and a spawned process would run."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which the app keeps its settings and its log."""
    return tmp_path_factory.mktemp("app")


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """Run the app as a user does, and yield its URL; the first visitor is asked for the purpose."""
    database = f"sqlite:///{folder / 'roomread.db'}"
    options = {"purpose": None, "database_url": database}
    with serving(folder, "--no-browser", command="app", **options) as app:
        yield app.url


@pytest.fixture(scope="module")
def browser(folder: Path) -> Iterator[Browser]:
    from visitors import chromium  # noqa: PLC0415 (needs the dev group)

    with chromium(folder) as launched:
        yield launched


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """Yield the page of a visitor; the first one answers the question about the purpose."""
    from visitors import enter  # noqa: PLC0415 (needs the dev group)

    context = browser.new_context(permissions=["camera"], accept_downloads=True)
    yield enter(context.new_page(), address)
    context.close()
