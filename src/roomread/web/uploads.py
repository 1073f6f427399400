"""Files that a visitor uploads."""

from __future__ import annotations

from collections.abc import Iterable


def upload_types(suffixes: Iterable[str]) -> list[str]:
    """Return file suffixes in the form that Streamlit's uploader takes."""
    return sorted(suffix.lstrip(".") for suffix in suffixes)
