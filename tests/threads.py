"""Find the threads that a test has started, by the beginning of their names."""

from __future__ import annotations

import threading


def running_threads(prefix: str) -> set[threading.Thread]:
    """Return the running threads whose names begin with `prefix`."""
    return {thread for thread in threading.enumerate() if thread.name.startswith(prefix)}
