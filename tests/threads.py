"""Find the threads that a test has started, whatever runs beside it."""

from __future__ import annotations

import threading


def running_threads(prefix: str) -> set[threading.Thread]:
    """Return the running threads whose names begin with `prefix`."""
    return {thread for thread in threading.enumerate() if thread.name.startswith(prefix)}
