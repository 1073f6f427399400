"""Refuses in one line what needs an extra that is not installed."""

from __future__ import annotations

import importlib.util

from roomread.errors import MissingExtraError


def need_service_extra() -> None:
    """Refuses in one line where the service's libraries are not installed.

    Raises:
        MissingExtraError: the extra `serve` is not installed.
    """
    for module in ("fastapi", "uvicorn", "argon2", "streamlit", "filelock", "prometheus_client"):
        if importlib.util.find_spec(module) is None:
            raise MissingExtraError("the service", extra="serve")
