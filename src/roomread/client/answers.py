"""What the service answers, as types."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from roomread.readings import Box, Expression

_ENDED = frozenset({"finished", "cancelled", "failed"})


@dataclass(frozen=True, slots=True)
class FoundFace:
    """One face, as the service read it.

    Attributes:
        box: from forehead to chin, px of the upright picture.
        expression: None where it cannot be read or the net is not sure enough.
        confidence: of the likeliest expression, 0..1; None where it cannot be read.
        scores: the seven probabilities, summing to 1; empty where it cannot be read.
        unreadable: why it cannot be read; None where it can.
        detection_confidence: the detector's confidence, 0..1.
        quality: size in px, visible part, brightness, contrast, sharpness, frontality.
        track_id: the person's number in a video; None in a picture.
        states: how much it looks like each state of the profiles that were asked for, 0..1.
    """

    box: Box
    expression: Expression | None
    confidence: float | None
    scores: dict[Expression, float]
    unreadable: str | None
    detection_confidence: float
    quality: dict[str, float | None]
    track_id: int | None
    states: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FoundPicture:
    """One picture and its faces, the largest first.

    Attributes:
        name: as it was sent.
        width: px, likewise `height`.
        faces: none where it shows none.
        problem: why it could not be read; empty where it could.
    """

    name: str
    width: int
    height: int
    faces: tuple[FoundFace, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Video:
    """A video that the service reads.

    Attributes:
        id: its number, for the client's methods.
        state: "waiting", "reading", "finished", "cancelled" or "failed".
        seconds: how far it is read.
        duration: its length, s, where it says so.
        error: why it ended early.
    """

    id: str
    state: str
    seconds: float
    duration: float | None
    error: str

    @property
    def ended(self) -> bool:
        """Whether it is read no further."""
        return self.state in _ENDED


@dataclass(frozen=True, slots=True)
class RoomSession:
    """A lesson, meeting or recording that the service keeps.

    Attributes:
        id: its number, for the client's methods.
        name: given by a person.
        state: "recording", "interrupted" or "ended".
        source: what was read.
        started: when.
        ended: when; None while it runs.
        keeps_people: whether readings of single people are kept.
    """

    id: str
    name: str
    state: str
    source: str
    started: datetime
    ended: datetime | None
    keeps_people: bool


@dataclass(frozen=True, slots=True)
class RoomFigure:
    """What a room showed over some seconds.

    Attributes:
        time: the end of these seconds, s from the start.
        present: people seen.
        readable: people of these whose face could be read.
        valence: pleasant minus unpleasant, -1..1; None where fewer than five are readable.
        interval: of the valence, 95 %; None likewise.
        trend: the valence beside what is usual in this room; None until that is known.
        scores: the mean of the readable people; empty where fewer than five are.
    """

    time: float
    present: int
    readable: int
    valence: float | None
    interval: tuple[float, float] | None
    trend: float | None
    scores: dict[Expression, float]


@dataclass(frozen=True, slots=True)
class RoomPerson:
    """Who was enrolled.

    Attributes:
        seat: the number.
        name: as given.
        consent: how this person agreed to be named.
        consented_at: when that was recorded, UTC.
    """

    seat: int
    name: str
    consent: str
    consented_at: datetime


@dataclass(frozen=True, slots=True)
class RoomMark:
    """What began at a moment: its time, s from the start, and the teacher's word for it."""

    time: float
    label: str


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What became of frames that were sent.

    Attributes:
        accepted: those that are new, and written now.
        repeated: those that were there before.
        mood: the room's latest figure.
    """

    accepted: int
    repeated: int
    mood: RoomFigure | None


@dataclass(frozen=True, slots=True)
class Taught:
    """A person or a state that was taught.

    Attributes:
        name: lower case.
        kind: "person" or "state"; empty of a damaged one.
        pictures: how many of each label.
        consent: who agreed, how and when; None of a state for everybody.
        problem: why it is of no use; empty where it is.
    """

    name: str
    kind: str
    pictures: dict[str, int]
    consent: str | None
    problem: str


@dataclass(frozen=True, slots=True)
class LeaveOneOutResult:
    """What teaching was worth: the profile on its own pictures, each left out in turn.

    Attributes:
        pictures: how many there are.
        right: how many are read right without having been taught.
        helps: whether the profile is worth having; None of one picture.
        summary: The result in one sentence.
    """

    pictures: int
    right: int
    helps: bool | None
    summary: str


def picture(found: dict[str, Any]) -> FoundPicture:
    """One picture, or what is wrong with it."""
    if "problem" in found:
        return FoundPicture(found["source"], 0, 0, (), found["problem"]["detail"])
    faces = tuple(face_of(face) for face in found["faces"])
    return FoundPicture(found["source"], found["width"], found["height"], faces)


def face_of(face: dict[str, Any]) -> FoundFace:
    """One face."""
    expression = face["expression"]
    return FoundFace(
        box=Box(**face["box"]),
        expression=Expression[expression.upper()] if expression is not None else None,
        confidence=face["confidence"],
        scores=_scores(face["scores"]),
        unreadable=face["unreadable"],
        detection_confidence=face["detection_confidence"],
        quality=face["quality"],
        track_id=face["track_id"],
        states={name: state["percentile"] for name, state in (face.get("states") or {}).items()},
    )


def video(found: dict[str, Any]) -> Video:
    """One video."""
    names = ("id", "state", "seconds", "duration", "error")
    return Video(**{name: found[name] for name in names})


def session(found: dict[str, Any]) -> RoomSession:
    """One session."""
    ended = found["ended_at"]
    return RoomSession(
        id=found["id"],
        name=found["name"],
        state=found["state"],
        source=found["source"],
        started=datetime.fromisoformat(found["started_at"]),
        ended=datetime.fromisoformat(ended) if ended is not None else None,
        keeps_people=found["keeps_people"],
    )


def person(found: dict[str, Any]) -> RoomPerson:
    """One who was enrolled."""
    return RoomPerson(**found | {"consented_at": datetime.fromisoformat(found["consented_at"])})


def figure(found: dict[str, Any]) -> RoomFigure:
    """One moment of a room."""
    interval = found["valence_interval"]
    return RoomFigure(
        time=found["time"],
        present=found["present"],
        readable=found["readable"],
        valence=found["valence"],
        interval=tuple(interval) if interval is not None else None,
        trend=found["trend"],
        scores=_scores(found["scores"]),
    )


def ingest_result(found: dict[str, Any]) -> IngestResult:
    """What became of frames."""
    mood = found["mood"]
    return IngestResult(
        found["accepted"], found["repeated"], figure(mood) if mood is not None else None
    )


def taught(found: dict[str, Any]) -> Taught:
    """One profile."""
    names = ("name", "kind", "pictures", "consent")
    return Taught(**{name: found[name] for name in names}, problem=found["problem"] or "")


def trial(found: dict[str, Any]) -> LeaveOneOutResult:
    """What a profile is worth."""
    names = ("pictures", "right", "helps", "summary")
    return LeaveOneOutResult(**{name: found["result"][name] for name in names})


def _scores(found: dict[str, float] | None) -> dict[Expression, float]:
    return {Expression[name.upper()]: score for name, score in (found or {}).items()}
