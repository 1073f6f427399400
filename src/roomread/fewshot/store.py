"""Store profiles in a folder, each in a small JSON file that is written atomically."""

from __future__ import annotations

import contextlib
from pathlib import Path

from roomread.errors import OutputError, ProfileError
from roomread.fewshot.profile import MAX_BYTES, Profile, check_name
from roomread.media import atomic_path, make_folder


class ProfileStore:
    """The profiles of one folder, which is created with the first profile.

    Args:
        folder: The folder of the profiles, which need not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        """Return the path of a profile, whether it exists or not.

        Raises:
            ProfileError: The name is invalid.
        """
        check_name(name)
        return self.folder / f"{name}.json"

    def names(self) -> list[str]:
        """Return the names of all profiles, sorted."""
        return sorted(path.stem for path in self.folder.glob("*.json"))

    def load(self, name: str) -> Profile:
        """Load a profile.

        Raises:
            ProfileError: No profile has this name, or the profile is damaged.
        """
        path = self.path(name)
        if not path.is_file():
            known = ", ".join(self.names()) or "none yet"
            raise ProfileError(f"there is no profile '{name}'", hint=f"the profiles are: {known}")
        profile = read_profile(path, source=path.name)
        if profile.name != name:
            raise ProfileError(
                f"{path.name}: contains a profile of another name, '{profile.name}'",
                hint="import the profile under its own name",
            )
        return profile

    def readable(self) -> list[Profile]:
        """Return all profiles that are not damaged."""
        found = []
        for name in self.names():
            with contextlib.suppress(ProfileError):
                found.append(self.load(name))
        return found

    def keep(self, profile: Profile, *, replace: bool = False) -> Path:
        """Write a profile and return the path of its file.

        Raises:
            ProfileError: A profile of this name exists, and `replace` is not set.
            OutputError: The file cannot be written.
        """
        path = self.path(profile.name)
        if path.exists() and not replace:
            hint = "replace it, or delete it first"
            raise ProfileError(f"there is already a profile '{profile.name}'", hint=hint)
        make_folder(self.folder)
        write_profile(path, profile)
        return path

    def delete(self, name: str) -> None:
        """Delete a profile, even if it is damaged.

        Raises:
            ProfileError: No profile has this name.
            OutputError: The file cannot be deleted.
        """
        path = self.path(name)
        if not path.is_file():
            self.load(name)
        try:
            path.unlink()
        except OSError as error:
            raise OutputError(f"{path}: cannot be deleted: {error.strerror}") from error


def read_profile(path: Path, *, source: str | None = None) -> Profile:
    """Read a profile's file.

    Args:
        path: The path of the file.
        source: The name of the file in messages; None for its path.

    Raises:
        ProfileError: The file is missing, too large, damaged, or not a profile.
    """
    source = source or str(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ProfileError(
                f"{source}: is too large for a profile", hint="check that it is the right file"
            )
        return Profile.from_json(path.read_text(encoding="utf-8"), source=source)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ProfileError(f"{source}: cannot be read: {reason}") from error


def write_profile(path: Path, profile: Profile) -> None:
    """Write a profile's file atomically.

    Raises:
        OutputError: The file cannot be written.
    """
    with atomic_path(path) as draft:
        draft.write_text(profile.to_json(), encoding="utf-8")
