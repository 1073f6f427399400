"""Delete expired sessions; no other module applies the retention time."""

from __future__ import annotations

from roomread.services.preferences import PreferencesError, load_preferences
from roomread.store import OwnerStore, Session, Store


def delete_expired(store: Store, *, days: float | None) -> list[Session]:
    """Delete the sessions that exceed the retention time of the operator or of their owner.

    The service calls this periodically, and `roomread session purge` once. Opening the store or
    recording into it deletes nothing.

    Args:
        store: The installation's store.
        days: The operator's retention time, which applies to all owners; None for no limit.

    Returns:
        The deleted sessions.

    Raises:
        DatabaseError: The database does not respond or cannot be written.
    """
    limits: list[tuple[str | None, float]] = [] if days is None else [(None, days)]
    for owner in store.operator.owners_with_preferences():
        try:
            own = load_preferences(store.owned_by(owner)).retention_days
        except PreferencesError:
            # Keep the sessions of a user whose preferences were written by another version.
            continue
        if own is not None:
            limits.append((owner, own))
    return store.operator.purge_each(limits)


def kept_days(store: OwnerStore, *, days: float | None) -> float | None:
    """Return after how many days without a change an owner's sessions are deleted.

    Args:
        store: The sessions of the owner.
        days: The operator's retention time; None for no limit.

    Returns:
        The shorter of the operator's and the owner's retention times; None if neither has a limit.

    Raises:
        PreferencesError: The owner's preferences cannot be read.
    """
    own = load_preferences(store).retention_days
    return min((each for each in (days, own) if each is not None), default=None)
