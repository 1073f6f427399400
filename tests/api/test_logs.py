from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="needs the app extra")

from roomread.api.logs import audit, log, log_failure, set_up_logs


@pytest.fixture
def restored_loggers() -> object:
    loggers = [logging.getLogger(f"roomread.{name}") for name in ("service", "audit", "refused")]
    before = [(each.handlers[:], each.level, each.propagate) for each in loggers]
    yield None
    for logger, (handlers, level, propagate) in zip(loggers, before, strict=True):
        for handler in logger.handlers:
            handler.close()
        logger.handlers[:], logger.propagate = handlers, propagate
        logger.setLevel(level)


@pytest.mark.usefixtures("restored_loggers")
def test_log_is_text_lines_and_the_audit_file_is_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logs(audit_file=tmp_path / "audit.jsonl")
    log("serving", at="http://127.0.0.1:8501")
    audit("signed in", who="user:1", address="127.0.0.1")
    written = capsys.readouterr().err
    assert written.endswith('INFO serving at="http://127.0.0.1:8501"\n')
    entry = json.loads((tmp_path / "audit.jsonl").read_text())
    assert (entry["event"], entry["who"]) == ("signed in", "user:1")
    assert "signed in" not in written


@pytest.mark.usefixtures("restored_loggers")
def test_log_is_json_lines_when_configured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logs(audit_file=tmp_path / "audit.jsonl", as_json=True)
    log("serving", at="http://127.0.0.1:8501")
    assert json.loads(capsys.readouterr().err)["event"] == "serving"


@pytest.mark.usefixtures("restored_loggers")
def test_only_failures_are_logged_when_configured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logs(audit_file=tmp_path / "audit.jsonl", failures_only=True)
    log("serving")
    log_failure(ValueError("Anna-Secret.jpg"))
    written = capsys.readouterr().err
    assert written.count("\n") == 1
    assert "ValueError" in written
    assert "Secret" not in written


@pytest.mark.usefixtures("restored_loggers")
def test_line_break_in_a_value_is_escaped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logs(audit_file=tmp_path / "audit.jsonl")
    log("serving", at="one\ntwo", count=2)
    assert capsys.readouterr().err.endswith('INFO serving at="one\\ntwo" count=2\n')


@pytest.mark.usefixtures("restored_loggers")
def test_refusals_of_api_keys_are_logged_in_a_separate_file(tmp_path: Path) -> None:
    set_up_logs(audit_file=tmp_path / "audit.jsonl")
    logging.getLogger("roomread.refused").info("key refused", extra={"fields": {"count": 3}})
    entry = json.loads((tmp_path / "refused.jsonl").read_text())
    assert (entry["event"], entry["count"]) == ("key refused", 3)
    assert (tmp_path / "audit.jsonl").read_text() == ""
