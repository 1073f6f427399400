"""Access the profiles of the principal of a request."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool

from roomread import Analyzer
from roomread.api.context import ServiceContext
from roomread.fewshot import Profile
from roomread.services.accounts import Principal
from roomread.services.profile_shelves import profile_shelf
from roomread.services.teaching import TeachingService


def teaching_service(context: ServiceContext, principal: Principal) -> TeachingService:
    """Return the teaching service for the principal's own profiles."""
    shelf = profile_shelf(context.store, principal.id, data=context.settings.data)
    return TeachingService(shelf)


def load_profiles(context: ServiceContext, principal: Principal, names: str) -> list[Profile]:
    """Return the principal's profiles with these comma-separated names, such as "asha,confused".

    Raises:
        ProfileNotFoundError: There is no profile with one of the names.
        ProfileError: A profile is damaged.
    """
    service = teaching_service(context, principal)
    return [service.load(name.strip()) for name in names.split(",")]


async def analyzer_with(context: ServiceContext, principal: Principal, names: str) -> Analyzer:
    """Return the service's analyzer with the principal's profiles applied.

    Args:
        context: The context of the service.
        principal: The owner of the profiles.
        names: The comma-separated names of the profiles; "" for none.

    Raises:
        ProfileNotFoundError: There is no profile with one of the names.
        ProfileError: A profile is damaged, was taught with another net, or contradicts another one.
    """
    if not names:
        return context.engine.analyzer

    def work() -> Analyzer:
        profiles = load_profiles(context, principal, names)
        return context.engine.analyzer.with_profiles(profiles)

    return await run_in_threadpool(work)
