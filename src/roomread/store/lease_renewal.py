"""Renew the leases of a process while it runs."""

from __future__ import annotations

import threading

from roomread.errors import DatabaseError
from roomread.store.leases import Leases

# Seconds between two renewals, several of which fit into a lease.
_RENEWAL_SECONDS = 1.0


class LeaseRenewal:
    """A thread that renews the leases of this process until it is closed.

    A failed renewal is tried again. If the database fails for longer than the duration of a lease,
    the leases are lost, and writes that require them are refused.

    Args:
        leases: The leases of this process.
    """

    def __init__(self, leases: Leases) -> None:
        self._leases = leases
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="roomread-leases", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop renewing and release all leases."""
        self._closed.set()
        self._thread.join()
        try:
            self._leases.release_all()
        except DatabaseError:
            # The leases expire by themselves.
            return

    def _run(self) -> None:
        while not self._closed.wait(_RENEWAL_SECONDS):
            try:
                self._leases.renew()
            except DatabaseError:
                # The next renewal tries again; others can acquire a lease that expires meanwhile.
                continue
