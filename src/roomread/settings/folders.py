"""Locate the folders of the user's settings and data."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_config_path, user_data_path

from roomread.errors import RoomreadError

# The owner id of the computer's own user; `roomread.store` defines the same value.
LOCAL_OWNER = "local"


def config_folder() -> Path:
    """Return the folder of `roomread.toml`, which may not exist yet.

    Raises:
        RoomreadError: The user has no home folder, as in some containers.
    """
    try:
        return user_config_path("roomread", appauthor=False)
    except RuntimeError as error:
        raise _homeless() from error


def data_folder() -> Path:
    """Return the folder of the database, the jobs and the profiles, which may not exist yet.

    The variable `ROOMREAD_DATA_FOLDER` overrides the default.

    Raises:
        RoomreadError: The user has no home folder, as in some containers.
    """
    named = os.environ.get("ROOMREAD_DATA_FOLDER")
    if named:
        return Path(named)
    try:
        return user_data_path("roomread", appauthor=False)
    except RuntimeError as error:
        raise _homeless() from error


def profiles_folder(data: Path) -> Path:
    """Return the folder with the profiles of the local user; it may not exist yet.

    Args:
        data: The folder of all data.
    """
    return data / "profiles"


def _homeless() -> RoomreadError:
    return RoomreadError(
        "this user has no home folder to keep settings and data in",
        hint="set HOME, or XDG_CONFIG_HOME and XDG_DATA_HOME",
    )
