"""Whose profiles are where."""

from __future__ import annotations

from http import HTTPStatus

from roomread.api.context import ServiceContext
from roomread.api.problems import RefusedError
from roomread.errors import ProfileError
from roomread.fewshot import Profile, ProfileStore
from roomread.services.accounts import Principal
from roomread.settings.folders import profiles_folder


def store_of(context: ServiceContext, principal: Principal) -> ProfileStore:
    """The asker's own profiles."""
    return ProfileStore(profiles_folder(context.settings.data, principal.id))


def load_profile(store: ProfileStore, name: str) -> Profile:
    """One profile.

    Raises:
        RefusedError: there is none of this name.
        ProfileError: it is damaged.
    """
    check_there(store, name)
    try:
        return store.load(name)
    except ProfileError as error:
        # Where it lies is nobody's business.
        said = error.problem.replace(str(store.path(name)), name)
        raise ProfileError(said, hint=error.hint) from error


def load_profiles(context: ServiceContext, principal: Principal, names: str) -> list[Profile]:
    """The asker's profiles of names such as "asha,confused"; raises as `load_profile` does."""
    store = store_of(context, principal)
    return [load_profile(store, name.strip()) for name in names.split(",")]


def check_there(store: ProfileStore, name: str) -> None:
    """Sees that there is such a profile, be it damaged.

    Raises:
        RefusedError: there is none; somebody else's is none, too.
    """
    if name not in store.names():
        raise RefusedError(HTTPStatus.NOT_FOUND, "no-such-profile", "there is no such profile")
