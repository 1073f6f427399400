from __future__ import annotations

import pytest

from roomread.entry.browser import has_screen


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_windows_and_macos_are_assumed_to_have_a_screen(platform: str) -> None:
    assert has_screen(platform, {})


@pytest.mark.parametrize("variable", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_linux_has_a_screen_if_a_display_variable_is_set(variable: str) -> None:
    assert has_screen("linux", {variable: ":0"})
    assert not has_screen("linux", {variable: ""})


def test_linux_without_a_display_has_no_screen() -> None:
    assert not has_screen("linux", {"TERM": "xterm"})
