from __future__ import annotations

import threading

import pytest

from roomread.errors import DatabaseError
from roomread.store import LeaseRenewal, Leases, Store


class FailingLeases(Leases):
    """Leases whose database fails at the first renewal."""

    renewals = 0

    def renew(self) -> None:
        self.renewals += 1
        renewed.set()
        if self.renewals == 1:
            raise DatabaseError("the database does not answer")


renewed = threading.Event()


def test_failed_renewal_of_the_leases_is_retried(
    everything: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("roomread.store.lease_renewal._RENEWAL_SECONDS", 0.01)
    leases = FailingLeases(everything._database, "this")
    renewal = LeaseRenewal(leases)
    for _ in range(2):
        renewed.clear()
        assert renewed.wait(timeout=60)
    renewal.close()
    assert leases.renewals >= 2


def test_closing_the_lease_renewal_releases_all_leases(everything: Store) -> None:
    leases = everything.leases()
    renewal = LeaseRenewal(leases)
    assert leases.acquire("session:1") is None
    renewal.close()
    assert Leases(everything._database, "other").acquire("session:1") is None
