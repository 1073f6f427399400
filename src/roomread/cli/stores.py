"""Open the store, and find sessions by the beginning of their id."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from roomread.cli.extras import need_sessions_extra
from roomread.errors import SessionNotFoundError
from roomread.media import make_folder

if TYPE_CHECKING:
    # Imported for types only, because it needs an extra.
    from roomread.store import OwnerStore, Session, Store

# The argument with which a user chooses a session; see `find_session`.
SessionId = Annotated[
    str, typer.Argument(metavar="ID", help="The id from `session list`, or its beginning.")
]


@contextmanager
def opened_store() -> Iterator[Store]:
    """Yield the store that the settings name, and close it afterwards.

    Raises:
        MissingExtraError: The extra `sessions` is not installed.
        DatabaseError: The database cannot be opened.
        OutputError: The data folder cannot be created.
    """
    need_sessions_extra()
    from roomread.settings.environment import load_settings  # noqa: PLC0415 (needs the extra)
    from roomread.store import Store  # noqa: PLC0415

    settings = load_settings()
    if settings.database_url is None:
        make_folder(settings.data, private=True)
    store = Store(settings.store_url)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def own_sessions() -> Iterator[OwnerStore]:
    """Yield the store of the computer's own user, and close it afterwards.

    Raises:
        MissingExtraError: The extra `sessions` is not installed.
        DatabaseError: The database cannot be opened.
    """
    with opened_store() as store:
        from roomread.store import LOCAL_OWNER  # noqa: PLC0415 (needs the extra)

        yield store.owned_by(LOCAL_OWNER)


def find_session(store: OwnerStore, prefix: str) -> Session:
    """Return the one session whose id begins with a prefix.

    Args:
        store: The user's sessions.
        prefix: The beginning of an id.

    Raises:
        SessionNotFoundError: No session, or more than one, has an id with this prefix.
    """
    found = [session for session in store.sessions() if session.id.startswith(prefix)]
    if len(found) == 1 and prefix:
        return found[0]
    if not found or not prefix:
        hint = "list all ids with `roomread session list`"
        raise SessionNotFoundError(f"there is no session '{prefix}'", hint=hint)
    ids = ", ".join(session.id for session in found[:5])
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    problem = f"the ids of {len(found)} sessions begin with '{prefix}'"
    raise SessionNotFoundError(problem, hint=f"type more of the id: {ids}{more}")
