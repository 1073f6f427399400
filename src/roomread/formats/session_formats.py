"""The formats in which a session is written to a file.

The command line names them in its help, so they need no extra.
"""

from __future__ import annotations

from enum import StrEnum


class SessionFormat(StrEnum):
    """The formats of an exported session."""

    CSV = "csv"
    PARQUET = "parquet"
    JSON = "json"
    XAPI = "xapi"


class ReportFormat(StrEnum):
    """The formats of a session's report."""

    HTML = "html"
    PDF = "pdf"
