"""Delete expired sessions; the retention setting is applied only here."""

from __future__ import annotations

from roomread.store import Session, Store


def delete_expired(store: Store, *, days: float | None) -> list[Session]:
    """Delete the sessions of all owners that are older than the retention time.

    The service calls this periodically, and `roomread session purge` once. Opening the store or
    recording into it deletes nothing.

    Args:
        store: The installation's store.
        days: The retention time; None keeps all sessions.

    Returns:
        The deleted sessions.

    Raises:
        DatabaseError: The database does not answer or cannot be written.
    """
    return store.operator.purge(days=days) if days is not None else []
