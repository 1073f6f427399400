"""Open the user's browser."""

from __future__ import annotations

import os
import sys
import threading
import webbrowser
from collections.abc import Mapping


def open_browser(url: str) -> None:
    """Open a page in the user's browser; without a screen, do nothing."""
    if has_screen(sys.platform, os.environ):
        # Open it in a thread, because a browser that starts slowly must not delay the server.
        threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


def has_screen(platform: str, environment: Mapping[str, str]) -> bool:
    """Return whether a browser with a window can be opened.

    Without a display, Linux would open a text browser in the server's own terminal.

    Args:
        platform: The name of the platform, as in `sys.platform`.
        environment: The environment variables.
    """
    if platform in ("win32", "darwin"):
        return True
    return any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
