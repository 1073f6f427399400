"""The sessions' database, as the commands open it."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from roomread.errors import MissingExtraError

if TYPE_CHECKING:
    # Needs the extra.
    from roomread.store import SessionStore


@contextmanager
def opened_store() -> Iterator[SessionStore]:
    """The store of the settings.

    Raises:
        MissingExtraError: the extra `sessions` is not installed.
        SessionError: the database cannot be opened.
    """
    for module in ("sqlalchemy", "alembic", "pydantic_settings", "platformdirs", "jinja2"):
        if importlib.util.find_spec(module) is None:
            raise MissingExtraError("recording sessions", extra="sessions")
    from roomread.services.recording import open_store  # noqa: PLC0415 (needs the extra)
    from roomread.settings.environment import load_settings  # noqa: PLC0415

    store = open_store(load_settings())
    try:
        yield store
    finally:
        store.close()
