from __future__ import annotations

import logging

import pytest

from roomread.services.audit import AUDIT_LOGGER, audit


def test_action_is_written_to_the_audit_log_with_its_fields(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO, logger=AUDIT_LOGGER):
        audit("session deleted", session="0a1b2c3d", principal="user:1")
    (record,) = caplog.records
    assert (record.name, record.getMessage()) == (AUDIT_LOGGER, "session deleted")
    assert record.__dict__["fields"] == {"session": "0a1b2c3d", "principal": "user:1"}
