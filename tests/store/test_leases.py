from __future__ import annotations

from typing import NoReturn

import pytest

from roomread.errors import DatabaseError
from roomread.store import Leases, Store
from roomread.store.leases import LEASE_SECONDS


class Clock:
    """A clock whose time in seconds is set by the test."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def first(everything: Store, clock: Clock) -> Leases:
    return Leases(everything._database, "first", "http://first", clock=clock)


@pytest.fixture
def second(everything: Store, clock: Clock) -> Leases:
    return Leases(everything._database, "second", "http://second", clock=clock)


def test_lease_is_held_by_one_process_and_contains_the_address_of_that_process(
    first: Leases, second: Leases
) -> None:
    assert first.acquire("session:1") is None
    assert first.acquire("session:1") is None
    lease = second.acquire("session:1")
    assert lease is not None
    assert (lease.holder, lease.address) == ("first", "http://first")
    assert second.acquire("session:2") is None


def test_lease_of_a_dead_process_expires_after_five_seconds(
    first: Leases, second: Leases, clock: Clock
) -> None:
    first.acquire("session:1")
    clock.now += LEASE_SECONDS - 0.1
    assert second.acquire("session:1") is not None
    clock.now += 0.2
    assert second.acquire("session:1") is None
    lease = first.acquire("session:1")
    assert lease is not None
    assert lease.holder == "second"


def test_renewed_lease_does_not_expire(first: Leases, second: Leases, clock: Clock) -> None:
    first.acquire("session:1")
    for _ in range(10):
        clock.now += 1
        first.renew()
    assert second.acquire("session:1") is not None


def test_expired_lease_is_not_renewed(first: Leases, second: Leases, clock: Clock) -> None:
    first.acquire("session:1")
    clock.now += LEASE_SECONDS + 1
    first.renew()
    assert second.acquire("session:1") is None


def test_lease_that_expired_before_its_renewal_reached_the_database_is_lost(
    first: Leases, second: Leases, clock: Clock
) -> None:
    first.acquire("session:1")
    clock.now += LEASE_SECONDS - 1
    begun = first._moment()
    # The renewal begins in time, but reaches the database too late.
    first._moment = lambda: begun  # type: ignore[method-assign]
    clock.now += 2
    first.renew()
    assert not first.keeps("session:1")
    assert second.acquire("session:1") is None


def test_released_leases_can_be_acquired_immediately(first: Leases, second: Leases) -> None:
    first.acquire("session:1")
    first.acquire("session:2")
    first.release("session:1")
    assert second.acquire("session:1") is None
    first.release_all()
    assert second.acquire("session:2") is None
    assert first.acquire("session:1") is not None


def test_restarted_process_takes_over_the_leases_of_its_address(
    everything: Store, first: Leases, clock: Clock
) -> None:
    first.acquire("session:1")
    again = Leases(everything._database, "another id", "http://first", clock=clock)
    assert again.acquire("session:1") is None


def test_resource_is_free_if_no_process_has_held_it_for_the_given_time(
    first: Leases, second: Leases, clock: Clock
) -> None:
    first.acquire("job:1")
    clock.now += LEASE_SECONDS + 1
    assert second.is_free("job:1", seconds=0.5)
    assert not second.is_free("job:1", seconds=60)
    clock.now += 60
    assert second.is_free("job:1", seconds=60)


def test_leases_use_the_time_of_the_database_by_default(everything: Store) -> None:
    first, second = everything.leases("http://first"), Leases(everything._database, "other")
    assert first.acquire("session:1") is None
    assert second.acquire("session:1") is not None
    first.release_all()
    assert second.acquire("session:1") is None


def test_checking_a_recently_renewed_lease_does_not_query_the_database(
    first: Leases, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> NoReturn:
        raise DatabaseError("the database is queried")

    first.acquire("session:1")
    clock.now += 2
    first.renew()
    clock.now += LEASE_SECONDS - 1.5
    monkeypatch.setattr(first._database, "reading", fail)
    assert first.keeps("session:1")
    clock.now += 1
    with pytest.raises(DatabaseError):
        first.keeps("session:1")


def test_process_finds_that_it_lost_its_lease_while_it_was_suspended(
    first: Leases, second: Leases, clock: Clock
) -> None:
    first.acquire("session:1")
    clock.now += LEASE_SECONDS + 1
    assert second.acquire("session:1") is None
    second.release("session:1")
    assert not first.keeps("session:1")
    first.renew()
    assert not first.keeps("session:1")
