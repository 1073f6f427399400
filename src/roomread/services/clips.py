"""Cut clips of notable moments of a session from a video of the session."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from roomread.errors import MediaError, SessionError
from roomread.formats.answer import named_stretches
from roomread.formats.clip import ClipLook, write_clip
from roomread.formats.figures import SessionFigures, session_figures
from roomread.pipeline import Analyzer
from roomread.room import clock
from roomread.services.purpose import Activity, require
from roomread.store import OwnerStore

# Minimum and maximum length of a clip, s.
SHORTEST_CLIP, LONGEST_CLIP = 2.0, 600.0


class ClipsAround(StrEnum):
    """The kind of moments of a session around which clips are cut.

    Attributes:
        FALLS: The starts of at most three periods of lowered valence, with the largest falls.
        CHANGES: The lasting changes of the valence, both falls and rises.
        MARKS: The moments that were given a name, such as the start of a slide or an activity.
    """

    FALLS = "falls"
    CHANGES = "changes"
    MARKS = "marks"


@dataclass(frozen=True, slots=True)
class PlannedClip:
    """A clip to be made.

    Attributes:
        start: The start of the clip, s from the start of the session.
        end: The end of the clip, s from the start of the session.
        moment: The moment around which the clip is cut, s from the start of the session.
        label: "fall" or "rise" or, for a mark, the label of the mark.
        file_name: The name of the clip's file, such as "01-fall-at-12m30s.mp4".
    """

    start: float
    end: float
    moment: float
    label: str
    file_name: str


@dataclass(frozen=True, slots=True)
class ClipRequest:
    """A request for clips of a session.

    Attributes:
        around: The kind of moments around which clips are cut.
        length: The length of a clip, s; `SHORTEST_CLIP` to `LONGEST_CLIP`.
        before: The time from the start of the clip to the moment, s; 0 or more, and below `length`.
        most: The maximum number of clips. If there are more moments, the earliest moments are used
            or, with `FALLS`, the largest falls.

    Raises:
        SessionError: A length is out of range.
    """

    around: ClipsAround = ClipsAround.FALLS
    length: float = 30.0
    before: float = 10.0
    most: int = 10

    def __post_init__(self) -> None:
        if not SHORTEST_CLIP <= self.length <= LONGEST_CLIP:
            raise SessionError(
                f"a clip of {self.length:g} s cannot be made",
                hint=f"choose {SHORTEST_CLIP:g} to {LONGEST_CLIP:g} s",
            )
        if not 0 <= self.before < self.length:
            raise SessionError(
                f"a clip of {self.length:g} s cannot begin {self.before:g} s before the moment "
                "that it shows",
                hint="choose at least 0 s and less than the length of the clip",
            )


def plan_clips(store: OwnerStore, session_id: str, request: ClipRequest) -> list[PlannedClip]:
    """Return the clips of a session in order of time.

    Args:
        store: The sessions of the owner.
        session_id: The full id of the session.
        request: The kind of moments, and the length and number of clips.

    Raises:
        SessionNotFoundError: The owner has no such session.
        SessionError: The session has no moment of this kind.
    """
    figures = session_figures(store, store.session(session_id))
    moments = _moments(figures, request)
    if not moments:
        raise SessionError(
            f"session {session_id} has no {request.around.value} to make clips of",
            hint="choose other moments: "
            + ", ".join(other for other in ClipsAround if other is not request.around),
        )
    plans = []
    for number, (moment, label) in enumerate(moments, start=1):
        # A mark's label may contain characters that are not allowed in file names.
        name = "mark" if request.around is ClipsAround.MARKS else label
        start = max(moment - request.before, 0.0)
        minutes, seconds = divmod(int(moment), 60)
        file_name = f"{number:02}-{name}-at-{minutes}m{seconds:02}s.mp4"
        plans.append(PlannedClip(start, start + request.length, moment, label, file_name))
    return plans


def check_look(store: OwnerStore, session_id: str, look: ClipLook) -> None:
    """Check that clips may show the expression of each face, if this is requested.

    Raises:
        SessionNotFoundError: The owner has no such session.
        SessionError: Labels with the expression of each face are requested, but the session stores
            no readings of individual people.
    """
    if look.labels and not store.session(session_id).keeps_people:
        raise SessionError(
            f"session {session_id} has no readings of individual people to label",
            hint="leave out the labels",
        )


@dataclass(frozen=True, slots=True)
class SessionVideo:
    """A video of a session.

    Attributes:
        path: The file.
        offset: The time of the session at which the video begins, s; negative if the video begins
            before the session.
    """

    path: Path
    offset: float = 0.0


def write_clips(
    plans: Sequence[PlannedClip],
    video: SessionVideo,
    folder: Path,
    *,
    analyzer: Analyzer,
    look: ClipLook,
) -> Iterator[tuple[Path, MediaError | None]]:
    """Write clips one after another, and yield each file.

    Args:
        plans: The clips; see `plan_clips`.
        video: The video of the session.
        folder: An existing folder for the clips.
        analyzer: The analyzer that reads the faces in the clips.
        look: How faces are hidden, and whether their expressions are shown; see `check_look`.

    Yields:
        The file, and the error if the clip ends early because the video is damaged, else None.

    Raises:
        PurposeError: The intended use of this installation does not allow reading the faces of
            other people.
        MediaError: The video cannot be read, or one of the moments is not in the video.
        OutputError: A clip cannot be written.
    """
    require(Activity.READ_OTHERS)
    for plan in plans:
        start, end = plan.start - video.offset, plan.end - video.offset
        if plan.moment < video.offset:
            raise MediaError(
                f"{video.path}: the video begins after the moment {clock(plan.moment)} of the "
                "session, which a clip should show",
                hint="check the offset",
            )
        target = folder / plan.file_name
        problem = write_clip(target, video.path, max(start, 0.0), end, analyzer=analyzer, look=look)
        yield target, problem


def _moments(figures: SessionFigures, request: ClipRequest) -> list[tuple[float, str]]:
    """Return the time, s, and the label of each requested moment, earliest first."""
    if request.around is ClipsAround.FALLS:
        deepest = figures.stretches[: request.most]
        return [(fall.start, "fall") for fall in named_stretches(figures) if fall in deepest]
    if request.around is ClipsAround.MARKS:
        moments = [(mark.time, mark.label) for mark in figures.marks]
    else:
        changes = figures.summary.changes
        moments = [(each.time, "fall" if each.after < each.before else "rise") for each in changes]
    return moments[: request.most]
