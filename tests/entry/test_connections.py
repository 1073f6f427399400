"""Tests of the limits on the number of connections and on unread responses."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from typing import Any, cast

import pytest

pytest.importorskip("uvicorn", reason="needs the app extra")


from roomread.entry.connections import (
    ConnectionLimits,
    ConnectionTable,
    connections_within,
    raise_file_limit,
)

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class FakeTransport:
    """A fake transport from an address, which records whether it was closed."""

    def __init__(self, address: str = "192.0.2.1") -> None:
        self.address, self.aborted = address, False

    def get_extra_info(self, name: str) -> object:
        return (self.address, 1) if name == "peername" else None

    def abort(self) -> None:
        self.aborted = True


def table(**limits: Any) -> tuple[ConnectionTable, Counter[str]]:
    reasons: Counter[str] = Counter()
    made = ConnectionTable(ConnectionLimits(**limits), lambda reason: reasons.update([reason]))
    return made, reasons


def connect(to: ConnectionTable, address: str = "192.0.2.1") -> tuple[FakeTransport, bool]:
    transport = FakeTransport(address)
    return transport, to.add(cast("asyncio.Transport", transport))


def heard(by: ConnectionTable, transport: FakeTransport) -> None:
    by.heard(cast("asyncio.Transport", transport))


def test_oldest_silent_connection_is_closed_if_a_new_connection_exceeds_the_limit() -> None:
    connections, reasons = table(in_all=3)
    busy, silent, other = (connect(connections)[0] for _ in range(3))
    heard(connections, busy)
    new, stays = connect(connections)
    assert stays
    assert [t.aborted for t in (busy, silent, other, new)] == [False, True, False, False]
    assert reasons == {"too-many-connections": 1}
    assert len(connections) == 3


def test_address_with_the_most_silent_connections_loses_its_oldest_connection() -> None:
    connections, _ = table(in_all=4)
    lonely, _ = connect(connections, "192.0.2.9")
    crowd = [connect(connections, "192.0.2.1")[0] for _ in range(3)]
    connect(connections, "192.0.2.5")
    assert not lonely.aborted
    assert [t.aborted for t in crowd] == [True, False, False]


def test_new_connection_over_the_limit_is_refused_if_all_open_connections_are_in_use() -> None:
    connections, _ = table(in_all=1)
    busy, _ = connect(connections)
    heard(connections, busy)
    _, stays = connect(connections)
    assert not stays
    assert not busy.aborted


def test_connections_of_one_address_are_limited_unless_the_address_is_a_trusted_proxy() -> None:
    connections, _ = table(by_address=2, trusts=lambda address: address == "192.0.2.2")
    students = [connect(connections, "192.0.2.1")[0] for _ in range(3)]
    proxied = [connect(connections, "192.0.2.2")[0] for _ in range(50)]
    assert [t.aborted for t in students] == [True, False, False]
    assert not any(t.aborted for t in proxied)


def test_sixty_students_behind_one_address_stay_below_the_limits() -> None:
    connections, reasons = table()
    # A browser opens six connections and a WebSocket.
    students = [connect(connections) for _ in range(60 * 7)]
    assert all(stays and not transport.aborted for transport, stays in students)
    assert not reasons


def test_closed_connection_is_no_longer_counted_towards_the_limit() -> None:
    connections, _ = table(in_all=1)
    for _ in range(3):
        transport, stays = connect(connections)
        assert stays
        connections.remove(cast("asyncio.Transport", transport))
        connections.remove(cast("asyncio.Transport", transport))
    assert len(connections) == 0


@pytest.mark.parametrize(("files", "connections"), [(None, 2000), (100_000, 2000), (256, 160)])
def test_connection_limit_leaves_file_descriptors_for_the_rest_of_the_service(
    files: int | None, connections: int
) -> None:
    assert connections_within(files, 2000) == connections


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_file_descriptor_limit_is_raised_to_the_maximum_of_the_system() -> None:
    import resource  # noqa: PLC0415 (not on Windows)

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(200, before[0]), before[1]))
    try:
        files = raise_file_limit()
        assert files is not None
        assert files >= min(before[1], 65_536)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def unread(by: ConnectionTable, transport: FakeTransport, holder: str, size: int) -> None:
    by.unread(cast("asyncio.Transport", transport), holder, size)


def test_oldest_unread_response_of_the_client_with_the_most_unread_bytes_is_closed() -> None:
    connections, reasons = table(unread_bytes=100)
    attacker = [connect(connections)[0] for _ in range(3)]
    victim, _ = connect(connections)
    for transport in attacker:
        unread(connections, transport, "key:1", 30)
    assert not reasons
    unread(connections, victim, "key:2", 40)
    assert [t.aborted for t in (*attacker, victim)] == [True, False, False, False]
    assert reasons == {"unread-answer": 1}


def test_response_that_the_client_has_read_is_no_longer_counted() -> None:
    connections, reasons = table(unread_bytes=100)
    for _ in range(5):
        transport, _ = connect(connections)
        unread(connections, transport, "key:1", 50)
        connections.read(cast("asyncio.Transport", transport))
    assert not reasons


def test_single_response_larger_than_the_limit_is_allowed() -> None:
    connections, reasons = table(unread_bytes=100)
    transport, _ = connect(connections)
    unread(connections, transport, "key:1", 5000)
    assert not transport.aborted
    assert not reasons
