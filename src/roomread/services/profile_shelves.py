"""Store profiles as files for the computer's own user, and as database rows for other users."""

from __future__ import annotations

from pathlib import Path

from roomread.errors import ProfileError
from roomread.fewshot import Profile, ProfileStore
from roomread.fewshot.profile import check_name
from roomread.services.teaching import ProfileExistsError, ProfileNotFoundError, ProfileShelf
from roomread.settings.folders import LOCAL_OWNER, profiles_folder
from roomread.store import OwnerProfiles, Store


class StoredProfiles:
    """The profiles of one owner of the service, as database rows with the content of profile files.

    All methods raise `DatabaseError` if the database fails.

    Args:
        rows: The owner's rows of the database table.
    """

    def __init__(self, rows: OwnerProfiles) -> None:
        self._rows = rows

    def names(self) -> list[str]:
        """Return the names of all profiles, sorted."""
        return self._rows.names()

    def load(self, name: str) -> Profile:
        """Return one profile.

        Raises:
            ProfileNotFoundError: There is no profile of this name.
            ProfileError: The profile is damaged, or the name is not allowed.
        """
        check_name(name)
        content = self._rows.content(name)
        if content is None:
            raise ProfileNotFoundError(f"there is no profile '{name}'")
        profile = Profile.from_json(content, source=name)
        if profile.name != name:
            problem = f"{name}: is damaged: it contains a profile of another name, '{profile.name}'"
            raise ProfileError(problem)
        return profile

    def keep(self, profile: Profile, *, replace: bool = False) -> None:
        """Store one profile.

        Raises:
            ProfileExistsError: A profile of this name exists, and `replace` is not set.
        """
        check_name(profile.name)
        if not self._rows.keep(profile.name, profile.to_json(), replace=replace):
            raise ProfileExistsError(f"there is already a profile '{profile.name}'")

    def delete(self, name: str) -> None:
        """Remove one profile for good, even a damaged one.

        Raises:
            ProfileNotFoundError: There is no profile of this name.
        """
        if not self._rows.delete(name):
            raise ProfileNotFoundError(f"there is no profile '{name}'")


def profile_shelf(store: Store | None, owner: str, *, data: Path) -> ProfileShelf:
    """Return the profiles of an owner.

    Args:
        store: The store of the service; None if the web app runs without the service, for the
            computer's own user.
        owner: The id of the owner. The profiles of `LOCAL_OWNER`, the computer's own user, are the
            files that the command line uses.
        data: The folder with all data of the installation.
    """
    if owner == LOCAL_OWNER or store is None:
        return ProfileStore(profiles_folder(data))
    return StoredProfiles(store.owned_by(owner).profiles)
