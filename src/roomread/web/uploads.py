"""The file types that the uploaders of the pages accept."""

from __future__ import annotations

from collections.abc import Iterable


def upload_types(suffixes: Iterable[str]) -> list[str]:
    """Convert file suffixes to the form that Streamlit's uploader accepts."""
    return sorted(suffix.lstrip(".") for suffix in suffixes)
