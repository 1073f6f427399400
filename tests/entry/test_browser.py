from __future__ import annotations

import pytest

from roomread.entry.browser import has_screen


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_desktop_systems_have_a_screen(platform: str) -> None:
    assert has_screen(platform, {})


@pytest.mark.parametrize("variable", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_linux_has_a_screen_where_a_display_is_named(variable: str) -> None:
    assert has_screen("linux", {variable: ":0"})
    assert not has_screen("linux", {variable: ""})


def test_linux_without_a_display_has_no_screen() -> None:
    assert not has_screen("linux", {"TERM": "xterm"})
