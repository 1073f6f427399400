"""The purpose of an installation, which decides what the law requires of its operator.

Every interface asks this module. Refusing what a purpose does not allow belongs here too.
"""

from __future__ import annotations

from roomread.settings.environment import Purpose, keep_purpose, load_settings

DESCRIPTIONS: dict[Purpose, str] = {
    Purpose.PERSONAL: "Myself: my own face, my own pictures",
    Purpose.RESEARCH: "Research, with the consent of everybody who is filmed",
    Purpose.MEDICAL: "Medical or safety reasons",
    Purpose.WORK_OR_SCHOOL: "Work or education outside the European Union",
}


def current_purpose() -> Purpose | None:
    """Return what this installation is used for; None until it has been chosen.

    The settings are read anew, as the answer of the first visitor is written into their file.

    Raises:
        RoomreadError: The settings cannot be read.
    """
    return load_settings().purpose


def choose_purpose(purpose: Purpose) -> None:
    """Write the first visitor's answer into the settings file.

    Raises:
        OutputError: The file cannot be written.
    """
    keep_purpose(purpose)
