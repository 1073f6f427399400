"""Turn each frame of a source, or its readings, into a `Moment`: readings, room mood and alerts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Protocol

from roomread.media import SignalCheck
from roomread.pipeline.analyzer import Analyzer
from roomread.pipeline.moment import FrameMoment, Moment
from roomread.readings import Frame, Reading
from roomread.room import Alert, Attention, RoomMeter, RoomMood, Rule, Seats


class FrameReader(Protocol):
    """A stage that turns the frames of one source into readings, such as `StreamAnalyzer`."""

    def update(self, frame: Frame) -> list[Reading]:
        """Return the readings of the next frame."""


class PeopleStage(Protocol):
    """A stage that distinguishes people by their faces, such as `roomread.identity.People`."""

    def update(self, frame: Frame, readings: Sequence[Reading]) -> list[Reading]:
        """Return the readings of the next frame with each person's number in `Reading.seat`."""


class RoomPipeline:
    """A pipeline that turns each frame of a source into a `Moment`: readings, mood and alerts.

    The stages run in this order: `signal` (checks for blank and frozen pictures), `reader` (finds
    and reads faces), `people` or `seats` (writes the number of the person or seat into the field
    `Reading.seat`),
    `meter` (computes the room's mood) and `attention` (raises alerts). A stage that is None is
    skipped. `push_readings` starts after `reader`, for readings that come without pictures.
    `RoomPipeline.of` makes the usual pipeline.

    A pipeline reads no clock: times come with the frames and must not decrease. Use a pipeline for
    one source only, and in one thread at a time.

    Args:
        reader: The stage that reads frames; None for a pipeline that takes readings only.
        signal: The stage that detects blank and frozen pictures, such as those of a covered camera.
            These pictures are not read, and count as pictures of an empty room.
        seats: The stage that numbers the places of faces in the room or in the grid of a call.
        people: The stage that numbers people by comparing their faces; used instead of `seats`.
        meter: The stage that computes the room's mood: a summary of the expressions over the last
            seconds.
        attention: The stage that raises and ends alerts.
        on_alerts: A function that is called with the alerts that begin or end in a frame, if there
            are any. It must not block.

    Attributes:
        mood: The latest mood of the room; None before the first mood.
    """

    def __init__(  # noqa: PLR0913 (the stages)
        self,
        reader: FrameReader | None = None,
        *,
        signal: SignalCheck | None = None,
        seats: Seats | None = None,
        people: PeopleStage | None = None,
        meter: RoomMeter | None = None,
        attention: Attention | None = None,
        on_alerts: Callable[[Sequence[Alert]], None] | None = None,
    ) -> None:
        self.mood: RoomMood | None = None
        self._reader, self._signal = reader, signal
        self._seats, self._people = seats, people
        self._meter, self._attention = meter, attention
        self._on_alerts = on_alerts

    @classmethod
    def of(
        cls, analyzer: Analyzer, *, every: float = 0.5, rules: Sequence[Rule] = ()
    ) -> RoomPipeline:
        """Return a pipeline with all stages except `people`.

        Args:
            analyzer: The analyzer, which holds the nets. Several pipelines may share it.
            every: Approximate time between two frames, seconds.
            rules: The rules of alerts; see `roomread.room.parse_rules`.
        """
        return cls(
            analyzer.stream_analyzer(),
            signal=SignalCheck(),
            seats=Seats(),
            meter=RoomMeter.for_interval(every),
            attention=Attention(rules, every=every) if rules else None,
        )

    @property
    def alerts(self) -> list[Alert]:
        """The active alerts, oldest first."""
        return self._attention.held if self._attention is not None else []

    def push(self, frame: Frame) -> FrameMoment:
        """Read the next frame of the source.

        Args:
            frame: The frame; its time is later than the previous frame's.

        Raises:
            TypeError: The pipeline has no `reader`.
            BusyError: The nets are shared and take no more work at present; the frame is skipped.
        """
        if self._reader is None:
            raise TypeError("this pipeline was created without a face reader: use push_readings")
        problem = self._signal.update(frame) if self._signal is not None else None
        readings = self._reader.update(frame) if problem is None else []
        if self._people is not None:
            readings = self._people.update(frame, readings)
        elif self._seats is not None:
            readings = self._seats.update(readings)
        mood, alerts = self._sum_up(frame.time, readings)
        return FrameMoment(frame.time, readings, problem, mood, alerts, frame=frame)

    def forget(self, people: Collection[int]) -> None:
        """Exclude the past readings of some people from later moods.

        Args:
            people: The `Reading.person_key` of each person.
        """
        if self._meter is not None:
            self._meter.forget(people)

    def push_readings(
        self, time: float, readings: Sequence[Reading], *, withheld: bool = False
    ) -> Moment:
        """Process the next frame's readings, which were made elsewhere, such as in a browser.

        Args:
            time: Seconds from the start of the source, later than in the previous call.
            readings: The readings of the frame with the track ids of their source; empty if the
                frame shows no face. Their own times are replaced by `time`, because a source that
                was restarted may count from 0.
            withheld: Whether the mood is withheld; see `RoomMeter.update`.

        Raises:
            TypeError: The pipeline distinguishes people by their faces, so it needs pictures.
        """
        if self._people is not None:
            raise TypeError("distinguishing people by their faces needs pictures: use push")
        if self._seats is not None:
            readings = self._seats.update(readings)
        readings = [r if r.time == time else replace(r, time=time) for r in readings]
        mood, alerts = self._sum_up(time, readings, withheld=withheld)
        return Moment(time, readings, None, mood, alerts)

    def _sum_up(
        self, time: float, readings: Sequence[Reading], *, withheld: bool = False
    ) -> tuple[RoomMood | None, list[Alert]]:
        """Return the mood if one is due, and the alerts that begin or end now."""
        mood = None
        if self._meter is not None:
            mood = self._meter.update(time, readings, withheld=withheld)
        if mood is not None:
            self.mood = mood
        if self._attention is None:
            return mood, []
        alerts = self._attention.update_people(time, readings)
        alerts += self._attention.update_room(mood) if mood is not None else []
        if alerts and self._on_alerts is not None:
            self._on_alerts(alerts)
        return mood, alerts
