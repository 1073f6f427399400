"""The profiles of the user who sends a request."""

from __future__ import annotations

from roomread.api.context import ServiceContext
from roomread.fewshot import Profile, ProfileStore
from roomread.services.accounts import Principal
from roomread.services.teaching import TeachingService
from roomread.settings.folders import profiles_folder


def store_of(context: ServiceContext, principal: Principal) -> ProfileStore:
    """Return the principal's own profiles."""
    return ProfileStore(profiles_folder(context.settings.data, principal.id))


def teaching_service(context: ServiceContext, principal: Principal) -> TeachingService:
    """Return the service over the principal's own profiles."""
    return TeachingService(store_of(context, principal))


def load_profiles(context: ServiceContext, principal: Principal, names: str) -> list[Profile]:
    """Return the principal's profiles of comma-separated names, such as "asha,confused".

    Raises:
        ProfileNotFoundError: there is none of a name.
        ProfileError: one is damaged.
    """
    service = teaching_service(context, principal)
    return [service.load(name.strip()) for name in names.split(",")]
