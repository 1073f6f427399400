"""The formats in which a session is written to a file.

This module needs no extra, because the command line always lists the formats in its help.
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
