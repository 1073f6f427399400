"""Access the profiles of the principal of a request."""

from __future__ import annotations

from roomread.api.context import ServiceContext
from roomread.fewshot import Profile
from roomread.services.accounts import Principal
from roomread.services.profile_shelves import profile_shelf
from roomread.services.teaching import TeachingService


def teaching_service(context: ServiceContext, principal: Principal) -> TeachingService:
    """Return the service over the principal's own profiles."""
    shelf = profile_shelf(context.store, principal.id, data=context.settings.data)
    return TeachingService(shelf)


def load_profiles(context: ServiceContext, principal: Principal, names: str) -> list[Profile]:
    """Return the principal's profiles with comma-separated names, such as "asha,confused".

    Raises:
        ProfileNotFoundError: no profile has one of the names.
        ProfileError: a profile is damaged.
    """
    service = teaching_service(context, principal)
    return [service.load(name.strip()) for name in names.split(",")]
