"""Models of request and response bodies about sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from roomread.api.shapes import SCORES, Probability
from roomread.formats.room_values import (
    alert_to_dict,
    change_to_dict,
    mood_to_dict,
    part_to_dict,
)
from roomread.room import Alert, Change, RoomMood
from roomread.services.ingest import IngestReport
from roomread.store import Mark, Person, Session, State
from roomread.store.summary import Part

Valence = Annotated[float, Field(ge=-1, le=1)]
# Control characters are refused: PostgreSQL cannot store NUL, and others could affect terminals.
_PLAIN = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"
Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_PLAIN)
]
Text = Annotated[str, StringConstraints(max_length=20_000, pattern=_PLAIN)]


class SessionInput(BaseModel):
    """A new session, to which readings are sent afterwards."""

    model_config = ConfigDict(extra="forbid")

    name: Words = Field(examples=["Algebra 7b"])
    consent: Annotated[Text, Field(max_length=1000)] = Field(
        default="",
        description="Who consented, and how. With a consent each person's readings are stored "
        "too, by seat; without it only the moods of the room.",
        examples=[""],
    )
    identity: bool = Field(
        default=False,
        description="Whether people are distinguished by their faces, which a consent must cover. "
        "Only `WS /api/v1/live` can do so.",
    )
    notice: Annotated[Text, Field(max_length=1000)] = Field(
        default="",
        description="How the people were informed that their expressions are read.",
        examples=["slide before the lesson"],
    )
    source: Literal["readings", "screen"] = Field(
        default="readings",
        description="Where the readings come from; `screen` means a shared window.",
    )
    rules: Text | None = Field(
        default=None, description="Alert rules, one per line; null for the default rules."
    )
    model: Annotated[Text, Field(max_length=200)] | None = Field(
        default=None, description="The net that made the readings; null for the service's own."
    )
    threshold: Probability | None = Field(
        default=None,
        description="Confidence below which the net withholds an expression; null for the default.",
    )


class SessionShape(BaseModel):
    """One lesson, meeting or recording."""

    id: str = Field(examples=["0a1b2c3d"])
    name: str = Field(examples=["Algebra 7b"])
    state: State
    source: str = Field(examples=["readings that were sent"])
    model: str = Field(examples=["compact 3f2a9c10"])
    threshold: Probability
    started_at: datetime
    updated_at: datetime
    ended_at: datetime | None
    keeps_people: bool = Field(description="Whether readings of individual people are kept.")
    consent: str
    purpose: str = Field(
        description="What the installation was used for when the session was created; empty if "
        "none was chosen.",
        examples=["research"],
    )
    region: str = Field(
        description="Where the installation was used: `eu`, `elsewhere`, or empty.", examples=["eu"]
    )
    notice: str = Field(description="How the people were informed; empty if not recorded.")
    notice_at: datetime | None = Field(description="When the notice was recorded.")
    rules: list[str]


class SessionsShape(BaseModel):
    """Your sessions, newest first."""

    sessions: list[SessionShape]
    next: str | None = Field(
        description="The value of `before` for the next sessions; null if there are none."
    )


class MoodShape(BaseModel):
    """The mood of the room over some seconds; values that are withheld or unknown are null."""

    time: float = Field(
        description="The end of the measured window, seconds from the start.", examples=[750.5]
    )
    present: int = Field(examples=[28])
    readable: int = Field(examples=[25])
    coverage: Probability = Field(examples=[0.8929])
    valence: Valence | None = Field(
        description="Share of pleasant minus share of unpleasant expressions.", examples=[0.31]
    )
    valence_interval: tuple[Valence, Valence] | None = Field(
        description="The 95 % interval of the valence.", examples=[[0.02, 0.54]]
    )
    baseline: Valence | None = Field(
        description="The valence that is usual in this room; null until it is known."
    )
    trend: Annotated[float, Field(ge=-2, le=2)] | None = Field(
        description="The valence minus what is usual in this room.", examples=[-0.12]
    )
    direction: str | None = Field(description="The trend as words.", examples=["as usual"])
    scores: dict[str, Probability] | None = Field(
        description="Mean probabilities of the readable people.", examples=[SCORES]
    )
    states: dict[str, Probability] = Field(
        description="The share of the readable people who show each taught state.",
        examples=[{"confused": 0.2}],
    )
    looking_away: Probability | None = Field(
        description="The share of the people present whose head is turned away from the camera.",
        examples=[0.1],
    )


class AlertShape(BaseModel):
    """An alert with its rule, its time, and the value that raised it."""

    number: int
    time: float
    ended: float | None = Field(description="Null while the alert is active.")
    seat: int | None = Field(description="Null for a rule about the room.")
    rule: str
    measure: str = Field(description="The measure of the rule.", examples=["valence"])
    value: float = Field(
        description="The average that raised the alert, or the valence to which the room fell."
    )
    before: float | None = Field(
        description="The valence from which the room fell; null for an alert about an average."
    )
    seconds: int = Field(
        description="The time over which the value is averaged, or within which the room fell."
    )
    reason: str = Field(description="The values in an English sentence.")
    certainty: Probability


class NowShape(BaseModel):
    """The latest mood of a session."""

    state: State
    mood: MoodShape | None = Field(
        description="Null until three frames have arrived within ten seconds."
    )


class TimelineShape(BaseModel):
    """The moods of a session, oldest first."""

    moods: list[MoodShape]
    next: float | None = Field(
        description="The value of `since` for the next moods; null if there are none yet."
    )


class PartShape(BaseModel):
    """The mean mood of the room in the time between two marks."""

    label: str = Field(examples=["group work"])
    start: float
    end: float
    present: float
    coverage: Probability
    valence: Valence | None
    valence_interval: tuple[Valence, Valence] | None
    scores: dict[str, Probability] | None = Field(examples=[SCORES])
    looking_away: Probability | None = Field(
        description="The mean share of the people present whose head was turned away."
    )


class ChangeShape(BaseModel):
    """A lasting change of the room's valence."""

    time: float
    before: Valence
    after: Valence


class SummaryShape(SessionShape):
    """A session, its parts (the times between marks), and the lasting changes of its valence."""

    parts: list[PartShape]
    changes: list[ChangeShape]


class PersonInput(BaseModel):
    """The name of the person at a seat, and the person's consent."""

    model_config = ConfigDict(extra="forbid")

    name: Words = Field(examples=["Asha"])
    consent: Words = Field(
        description="How this person agreed to be named beside their expressions.",
        examples=["a letter of 2 September"],
    )


class PersonShape(PersonInput):
    """The number of a seat, and the name and the consent of the person there."""

    seat: int = Field(examples=[3])
    consented_at: datetime


class PeopleShape(BaseModel):
    """The people of a session whose names were recorded, in order of their seats."""

    people: list[PersonShape]


class MarkInput(BaseModel):
    """A new mark: a label for the time at which an activity or a slide begins."""

    model_config = ConfigDict(extra="forbid")

    label: Words = Field(examples=["group work"])
    time: float | None = Field(
        default=None,
        ge=0,
        le=2_000_000,
        description="Seconds from the start; null for now, in a session being recorded.",
        examples=[750.0],
    )


class MarkShape(BaseModel):
    """A mark: a label for the time at which an activity or a slide begins."""

    time: float = Field(examples=[750.0])
    label: str = Field(examples=["group work"])


class MarksShape(BaseModel):
    """The marks of a session, in the order of their times."""

    marks: list[MarkShape]


class AlertsShape(BaseModel):
    """The alerts of a session, in the order in which they began."""

    alerts: list[AlertShape]


class ReportShape(BaseModel):
    """The number of students who pressed each button; null for fewer than five students."""

    time: float = Field(description="Seconds from the start.", examples=[750.0])
    people: int = Field(description="Number of students who had joined.", examples=[28])
    taps: int | None = Field(description="Students who pressed a button in the last ten minutes.")
    ok: int | None = Field(
        description="Students who report that they follow; a press counts for two minutes."
    )
    lost: int | None
    slower: int | None
    faster: int | None
    lost_presses: int | None = Field(description="New presses of `lost` since the last sample.")


class ReportsShape(BaseModel):
    """The number of students in a room who pressed each button, in one sample every 5 s."""

    reports: list[ReportShape]


class IngestShape(BaseModel):
    """The result of ingesting the frames of one message."""

    accepted: int = Field(description="Number of new frames, which were written.", examples=[2])
    repeated: int = Field(
        description="Number of ignored frames, which were not later than the last one.",
        examples=[0],
    )
    mood: MoodShape | None
    alerts: list[AlertShape] = Field(description="The active alerts.")


def session_shape(session: Session) -> SessionShape:
    """Return the response model of one session."""
    return SessionShape(**_session_values(session))


def summary_shape(
    session: Session, parts: tuple[Part, ...], changes: tuple[Change, ...]
) -> SummaryShape:
    """Return the response model of one session with its parts and changes."""
    return SummaryShape(
        **_session_values(session),
        parts=[PartShape(**part_to_dict(part)) for part in parts],
        changes=[ChangeShape(**change_to_dict(change)) for change in changes],
    )


def _session_values(session: Session) -> dict[str, Any]:
    plain = ("id", "name", "source", "model", "threshold", "keeps_people", "consent", "notice")
    times = ("started_at", "updated_at", "ended_at", "notice_at")
    use = ("purpose", "region")
    values = {name: getattr(session, name) for name in (*plain, *use, *times)}
    return values | {"state": session.state(), "rules": session.rules.splitlines()}


def mood_shape(mood: RoomMood) -> MoodShape:
    """Return the response model of one mood."""
    return MoodShape(**mood_to_dict(mood))


def alert_shape(alert: Alert) -> AlertShape:
    """Return the response model of one alert."""
    return AlertShape(**alert_to_dict(alert))


def person_shape(person: Person) -> PersonShape:
    """Return the response model of one person."""
    return PersonShape(
        seat=person.seat,
        name=person.name,
        consent=person.consent,
        consented_at=person.consented_at,
    )


def mark_shape(mark: Mark) -> MarkShape:
    """Return the response model of one mark."""
    return MarkShape(time=mark.time, label=mark.label)


def ingest_shape(result: IngestReport) -> IngestShape:
    """Return the response model of the result of one message."""
    return IngestShape(
        accepted=result.accepted,
        repeated=result.repeated,
        mood=mood_shape(result.mood) if result.mood is not None else None,
        alerts=[alert_shape(alert) for alert in result.alerts],
    )
