"""Check that the packages of an extra are installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable

from roomread.errors import MissingExtraError

_PACKAGES = (
    *("fastapi", "uvicorn", "argon2", "filelock", "prometheus_client"),
    *("streamlit", "streamlit_webrtc", "pydantic_settings", "sqlalchemy", "alembic"),
)


_SESSIONS = ("sqlalchemy", "alembic", "pydantic_settings", "platformdirs", "jinja2")


def need_sessions_extra() -> None:
    """Check that the packages of recorded sessions are installed.

    Raises:
        MissingExtraError: The extra `sessions` is not installed.
    """
    _need(_SESSIONS, "recording sessions", extra="sessions")


def need_service_extra() -> None:
    """Check that the service's packages are installed.

    Raises:
        MissingExtraError: The extra `app` is not installed.
    """
    _need(_PACKAGES, "the web app and its service", extra="app")


def _need(modules: Iterable[str], feature: str, *, extra: str) -> None:
    if any(importlib.util.find_spec(module) is None for module in modules):
        raise MissingExtraError(feature, extra=extra)
