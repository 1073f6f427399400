"""Everything that is known about a room at one moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from roomread.readings import Frame, NoPicture, Reading
from roomread.room import Alert, RoomMood


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Moment:
    """The result of one frame of a source, or of readings that were made elsewhere.

    Attributes:
        time: Seconds from the start of the source.
        readings: The readings of this frame's faces.
        signal: Why the source shows no picture; None when it shows a picture or was not checked.
        mood: A summary of the expressions in the room over the last few seconds; None except about
            once a second.
        alerts: The alerts that begin or end at this moment; `ended` is set in those that end.
        frame: The picture; its memory is valid until the next moment of the source, so copy it to
            keep it. None for readings that came without a picture.
    """

    time: float
    readings: Sequence[Reading]
    signal: NoPicture | None = None
    mood: RoomMood | None = None
    alerts: Sequence[Alert] = ()
    frame: Frame | None = field(default=None, kw_only=True)

    def __repr__(self) -> str:
        count = len(self.readings)
        parts = [f"{count} face{'' if count == 1 else 's'}"]
        parts += [str(self.signal)] if self.signal is not None else []
        parts += [str(self.mood)] if self.mood is not None else []
        parts += [alert.reason for alert in self.alerts]
        return f"<{type(self).__name__} at {self.time:.2f} s: {'; '.join(parts)}>"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FrameMoment(Moment):
    """A moment that was read from a picture; its `frame` is never None."""

    frame: Frame = field(kw_only=True)
