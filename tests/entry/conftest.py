"""Fixtures shared by the tests of the whole program."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from serving import Service, serving
from visitors import chromium


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Start `roomread app` for the purpose research, without sign-in."""
    folder = tmp_path_factory.mktemp("service")
    with serving(folder, command="app", purpose="research") as running:
        yield running


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Start Chromium with a camera that shows a face."""
    with chromium(tmp_path_factory.mktemp("camera")) as launched:
        yield launched
