"""Refused keys and passwords are logged with a bounded number of lines."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("starlette", reason="needs the app extra")

from roomread.api import refusals
from roomread.api.refusals import LOGGER, RefusalTrail


@pytest.fixture
def written(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    logger = logging.getLogger(LOGGER)
    before = logger.propagate
    logger.propagate = True
    caplog.set_level(logging.INFO, logger=LOGGER)
    yield caplog
    logger.propagate = before


def counts(written: pytest.LogCaptureFixture) -> list[tuple[str, str, int]]:
    fields: list[dict[str, Any]] = [record.__dict__["fields"] for record in written.records]
    events = [record.getMessage() for record in written.records]
    return [(e, f["address"], f["count"]) for e, f in zip(events, fields, strict=True)]


def test_first_refusal_is_logged_at_once_and_later_refusals_once_per_period(
    written: pytest.LogCaptureFixture,
) -> None:
    trail = RefusalTrail(period=60)
    for n in range(1000):
        trail.add("key refused", "192.0.2.1", n * 0.01)
    assert counts(written) == [("key refused", "192.0.2.1", 1)]
    trail.add("key refused", "192.0.2.1", 61.0)
    assert counts(written)[1:] == [("key refused", "192.0.2.1", 999)]
    trail.close()
    assert counts(written)[2:] == [("key refused", "192.0.2.1", 1)]


def test_address_without_new_refusals_for_a_period_is_forgotten(
    written: pytest.LogCaptureFixture,
) -> None:
    trail = RefusalTrail(period=60)
    trail.add("key refused", "192.0.2.1", 0.0)
    trail.add("sign-in refused", "192.0.2.2", 61.0)
    trail.add("key refused", "192.0.2.1", 62.0)
    assert [count for _, _, count in counts(written)] == [1, 1, 1]


def test_refusals_of_one_ipv6_network_share_a_log_line(written: pytest.LogCaptureFixture) -> None:
    trail = RefusalTrail(period=60)
    for n in range(100):
        trail.add("key refused", f"2001:db8::{n:x}", 0.0)
    assert counts(written) == [("key refused", "2001:db8::/64", 1)]


def test_refusals_of_addresses_beyond_the_limit_are_counted_together(
    written: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "_MAX_SOURCES", 2)
    trail = RefusalTrail(period=60)
    for n in range(50):
        trail.add("key refused", f"192.0.2.{n}", 0.0)
    trail.close()
    assert counts(written)[2:] == [("key refused", "others", 1), ("key refused", "others", 47)]
