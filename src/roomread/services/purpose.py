"""Check what the intended use of an installation allows, for all interfaces alike.

The operator chooses the purpose and the region of an installation, which decide what it may do:

| purpose, region | own face, demonstration, self-report | pictures and videos | record a class |
|---|---|---|---|
| not chosen | yes | yes | no |
| personal | yes | yes | no |
| research, medical | yes | yes | yes |
| work or school outside the European Union | yes | yes | yes |
| work or school in the European Union | yes | no | no |

The last row is Article 5(1)(f) of the AI Act, Regulation (EU) 2024/1689. Work or school without a
region counts as in the European Union. The Python API (`Analyzer`, `RoomPipeline`) does not check
the intended use.
"""

from __future__ import annotations

import os
from enum import StrEnum

from roomread.errors import RoomreadError
from roomread.services.audit import audit
from roomread.settings.folders import LOCAL_OWNER
from roomread.settings.intended_use import (
    IntendedUse,
    Purpose,
    Region,
    keep_intended_use,
    load_intended_use,
)

DESCRIPTIONS: dict[Purpose, str] = {
    Purpose.PERSONAL: "Myself: my own face, my own pictures",
    Purpose.RESEARCH: "Research, with the consent of everybody who is filmed",
    Purpose.MEDICAL: "Medical or safety reasons",
    Purpose.WORK_OR_SCHOOL: "Work or education",
}
REGIONS: dict[Region, str] = {
    Region.EU: "In the European Union",
    Region.ELSEWHERE: "Outside the European Union",
}
_PROHIBITED = (
    "work and education in the European Union must not infer the emotions of others from their "
    "faces (Article 5(1)(f) of the AI Act)"
)


class Activity(StrEnum):
    """An activity that the intended use may allow or prohibit.

    Attributes:
        SELF_REPORT: People report how they are by pressing buttons; no face is read.
        READ_DEMONSTRATION: Read faces in material that was made to demonstrate the program.
        READ_ONESELF: Read the face of the person who requests the reading.
        READ_OTHERS: Read the faces in pictures, videos, cameras and streams.
        RECORD_CLASS: Record readings of a class, a meeting or a room into a session.
    """

    SELF_REPORT = "self-report"
    READ_DEMONSTRATION = "read a demonstration"
    READ_ONESELF = "read oneself"
    READ_OTHERS = "read others"
    RECORD_CLASS = "record a class"


class PurposeFixedError(RoomreadError):
    """The intended use cannot be chosen, because an environment variable sets another use."""


class PurposeError(RoomreadError):
    """The intended use of this installation does not allow an activity."""


def current_use() -> IntendedUse:
    """Return the purpose and the region of this installation.

    The settings are read on each call, because users change them while the service runs.

    Raises:
        RoomreadError: The settings cannot be read.
    """
    return load_intended_use()


def choose_use(use: IntendedUse, *, who: str = LOCAL_OWNER) -> None:
    """Write the intended use into the settings file, and the change into the audit log.

    Args:
        use: The purpose and the region; a value of None leaves the stored value unchanged.
        who: The id of the principal who chose it.

    Raises:
        PurposeFixedError: The operator set another value by an environment variable.
        OutputError: The file cannot be written.
    """
    for name, value in (("ROOMREAD_PURPOSE", use.purpose), ("ROOMREAD_REGION", use.region)):
        if value is not None and os.environ.get(name, value) != value:
            raise PurposeFixedError(
                f"this setting is fixed to '{os.environ[name]}' by the environment variable {name}",
                hint="change that variable",
            )
    keep_intended_use(use)
    audit("purpose chosen", who=who, purpose=use.purpose or "", region=use.region or "")


def is_prohibited_work(use: IntendedUse) -> bool:
    """Return whether the use is work or school in the European Union."""
    return use.purpose is Purpose.WORK_OR_SCHOOL and use.region is not Region.ELSEWHERE


def problem_with(activity: Activity, use: IntendedUse) -> str | None:
    """Return in one sentence why a use does not allow an activity; None if the use allows it.

    Args:
        activity: The activity to check.
        use: The purpose and the region of the installation.
    """
    if activity in (Activity.SELF_REPORT, Activity.READ_DEMONSTRATION, Activity.READ_ONESELF):
        return None
    if is_prohibited_work(use):
        unknown = "" if use.region is Region.EU else ", and no region was chosen"
        return _PROHIBITED + unknown
    if activity is Activity.READ_OTHERS:
        return None
    if use.purpose is None:
        return "no purpose was chosen for this installation, so it records no class"
    if use.purpose is Purpose.PERSONAL:
        return "this installation is for its user alone ('personal'), so it records no class"
    return None


def allows(activity: Activity, use: IntendedUse | None = None) -> bool:
    """Return whether a use allows an activity.

    A room may read faces if `allows(Activity.RECORD_CLASS)`; otherwise it accepts self-reports
    only.

    Args:
        activity: The activity to check.
        use: The purpose and the region of the installation; None to read them from the settings.
    """
    return problem_with(activity, use if use is not None else current_use()) is None


def require_reading(*, oneself: bool) -> IntendedUse:
    """Check that the intended use allows reading faces, and return the use; see `require`.

    Args:
        oneself: Whether only the face of the person who requests the reading is read. The caller
            then keeps only the reading of the largest face.

    Raises:
        PurposeError: The use does not allow reading these faces.
        RoomreadError: The settings cannot be read.
    """
    return require(Activity.READ_ONESELF if oneself else Activity.READ_OTHERS)


def require(activity: Activity, use: IntendedUse | None = None) -> IntendedUse:
    """Check that a use allows an activity, and return the use, which is stored with the results.

    Args:
        activity: The activity to check.
        use: The purpose and the region of the installation; None to read them from the settings.

    Raises:
        PurposeError: The use does not allow the activity.
        RoomreadError: The settings cannot be read.
    """
    use = use if use is not None else current_use()
    problem = problem_with(activity, use)
    if problem is not None:
        raise PurposeError(problem)
    return use
