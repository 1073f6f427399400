"""Read and write the purpose and region of an installation, which decide what the law allows.

The command line of the base install uses this module, so the module must not need an extra.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from roomread.errors import RoomreadError
from roomread.media import atomic_path
from roomread.settings.folders import config_folder


class Purpose(StrEnum):
    """The purpose of an installation."""

    PERSONAL = "personal"
    RESEARCH = "research"
    MEDICAL = "medical"
    WORK_OR_SCHOOL = "work-or-school"


class Region(StrEnum):
    """The region of an installation, on which the applicable law depends."""

    EU = "eu"
    ELSEWHERE = "elsewhere"


_Choice = TypeVar("_Choice", Purpose, Region)


@dataclass(frozen=True, slots=True)
class IntendedUse:
    """What an installation is used for, and where.

    Attributes:
        purpose: The purpose of the installation; None until it has been chosen.
        region: The region of the installation; None until it has been chosen.
    """

    purpose: Purpose | None = None
    region: Region | None = None


def settings_file() -> Path:
    """Return the path of `roomread.toml` in the user's configuration folder.

    Raises:
        RoomreadError: The user has no home folder, as in some containers.
    """
    return config_folder() / "roomread.toml"


def load_intended_use() -> IntendedUse:
    """Read the intended use; an environment variable takes precedence over the file.

    Raises:
        RoomreadError: A variable or the file contains an invalid value, or the file cannot be read.
    """
    values = _file_values()
    return IntendedUse(
        purpose=_choice(Purpose, "purpose", values),
        region=_choice(Region, "region", values),
    )


def keep_intended_use(use: IntendedUse) -> None:
    """Write the chosen purpose and region to the settings file, and keep the file's other lines.

    Raises:
        RoomreadError: The user has no home folder.
        OutputError: The file cannot be written.
    """
    path = settings_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    chosen = {"purpose": use.purpose, "region": use.region}
    new = {name: value for name, value in chosen.items() if value is not None}
    old = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    kept = [line for line in old if line.partition("=")[0].strip() not in new]
    lines = [f'{name} = "{value}"' for name, value in new.items()]
    with atomic_path(path) as draft:
        draft.write_text("\n".join([*lines, *kept]) + "\n", encoding="utf-8")


def _file_values() -> dict[str, Any]:
    try:
        path = settings_file()
    except RoomreadError:
        # A user without a home folder has no settings file, only environment variables.
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise RoomreadError(
            f"the settings cannot be read: {error}", hint=f"correct the file {path}"
        ) from error


def _choice(kind: type[_Choice], name: str, values: dict[str, Any]) -> _Choice | None:
    variable = f"ROOMREAD_{name.upper()}"
    value = os.environ.get(variable, values.get(name))
    if value is None:
        return None
    try:
        return kind(value)
    except ValueError as error:
        known = ", ".join(kind)
        raise RoomreadError(
            f"the setting '{name}' is invalid: '{value}' is not one of {known}",
            hint=f"see {variable} or roomread.toml",
        ) from error
