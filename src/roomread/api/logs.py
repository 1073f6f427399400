"""Log events of the service, without pictures, names or keys."""

from __future__ import annotations

import json
import logging
import logging.handlers
import time
import traceback
from pathlib import Path

from roomread.api.refusals import LOGGER as REFUSED_LOGGER
from roomread.services.audit import AUDIT_LOGGER, audit

__all__ = ["audit", "log", "log_failure", "set_up_logs"]

_LOG = logging.getLogger("roomread.service")
_AUDIT = logging.getLogger(AUDIT_LOGGER)
_REFUSED = logging.getLogger(REFUSED_LOGGER)
_AUDIT_BYTES, _AUDIT_FILES = 5_000_000, 4
_REFUSED_BYTES, _REFUSED_FILES = 1_000_000, 2


class _Line(logging.Formatter):
    """A formatter that writes an event as one line with its name and its fields."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        fields: dict[str, object] = getattr(record, "fields", {})
        event = record.getMessage()
        if self._as_json:
            level = record.levelname.lower()
            return json.dumps({"time": when, "level": level, "event": event} | fields)
        shown = " ".join(f"{name}={json.dumps(value)}" for name, value in fields.items())
        return f"{when} {record.levelname} {event} {shown}".rstrip()


def set_up_logs(*, audit_file: Path, as_json: bool = False, failures_only: bool = False) -> None:
    """Send events to standard error, and the audit log to a file of bounded size.

    Refused keys and passwords are logged in `refused.jsonl` in the audit log's folder, so that
    many refusals cannot push older entries out of the audit log.

    Args:
        audit_file: The audit log, in an existing folder.
        as_json: Whether standard error gets JSON objects, one per line, instead of plain text.
        failures_only: Whether standard error gets failures only.
    """
    to_stderr = logging.StreamHandler()
    to_stderr.setFormatter(_Line(as_json=as_json))
    if failures_only:
        to_stderr.setLevel(logging.ERROR)
    to_audit = _json_lines(audit_file, size=_AUDIT_BYTES, files=_AUDIT_FILES)
    refused_file = audit_file.with_name("refused.jsonl")
    to_refused = _json_lines(refused_file, size=_REFUSED_BYTES, files=_REFUSED_FILES)
    handlers = ((_LOG, to_stderr), (_AUDIT, to_audit), (_REFUSED, to_refused))
    for logger, handler in handlers:
        logger.handlers[:] = [handler]
        logger.setLevel(logging.INFO)
        logger.propagate = False


def _json_lines(path: Path, *, size: int, files: int) -> logging.Handler:
    """Return a handler that writes JSON lines to a file and rotates the file when it is full."""
    handler = logging.handlers.RotatingFileHandler(
        path, maxBytes=size, backupCount=files, encoding="utf-8"
    )
    handler.setFormatter(_Line(as_json=True))
    return handler


def log(event: str, **fields: object) -> None:
    """Log an event. Its fields must contain only ids, numbers and fixed words."""
    _LOG.info(event, extra={"fields": fields})


def log_failure(error: Exception) -> None:
    """Log the place where an error was raised, without its message, which may quote the request."""
    places = [
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    fields = {"error": type(error).__name__, "at": places[-8:]}
    _LOG.error("failed", extra={"fields": fields})
