"""Models of request and response bodies about rooms."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from roomread.api.session_shapes import Text, Valence, Words
from roomread.api.shapes import Probability
from roomread.joining import RoomStatus
from roomread.joining.hardest import HardMinute
from roomread.services.room_consent import ConsentText
from roomread.services.rooms import shown_code
from roomread.store import RoomRecord, Session, State


class RoomInput(BaseModel):
    """A new room, which students join with its code."""

    model_config = ConfigDict(extra="forbid")

    name: Words = Field(examples=["Algebra 7b"], description="Students see it.")
    faces: bool = Field(
        default=False,
        description="Whether students may let their own browser read their face. If not, they "
        "only press buttons.",
    )
    notice: Annotated[Text, Field(max_length=1000)] = Field(
        default="",
        description="How the people were informed that their expressions are read.",
        examples=["slide before the lesson"],
    )
    rules: Text | None = Field(
        default=None, description="Alert rules, one per line; null for the default rules."
    )


class RoomShape(BaseModel):
    """A room, whose id is also the id of the session into which it is recorded."""

    id: str = Field(examples=["0a1b2c3d"])
    name: str = Field(examples=["Algebra 7b"])
    state: State
    started_at: datetime
    code: str | None = Field(examples=["K7QX-M3PD"], description="Null once the room is closed.")
    link: str | None = Field(
        description="The page on which students join; null once the room is closed.",
        examples=["https://roomread.example.org/join?code=K7QX-M3PD"],
    )
    faces: bool = Field(description="Whether students may let their faces be read.")
    notice: str = Field(description="How the people were informed; empty if not recorded.")
    notice_at: datetime | None = Field(description="When the notice was recorded.")


class RoomsShape(BaseModel):
    """Your rooms, newest first."""

    rooms: list[RoomShape]


class ReportCountsShape(BaseModel):
    """The number of people who currently report "ok", "lost", "slower" or "faster".

    People report by pressing a button; a report expires after two minutes.
    """

    ok: int
    lost: int
    slower: int
    faster: int


class RoomStatusShape(BaseModel):
    """The number of people in a room, and how many of them are read, unreadable or paused."""

    people: int = Field(description="People who joined, including paused ones.", examples=[28])
    read: int = Field(description="People whose face can be read at present.", examples=[23])
    faceless: int = Field(description="People whose camera is on but shows no readable face.")
    paused: int
    screen: int = Field(description="Readable faces of a shared screen.")
    taps: int | None = Field(
        description="People who pressed a button in the last ten minutes; null below five people."
    )
    reports: ReportCountsShape | None = Field(description="Null below five people.")
    withheld: bool = Field(description="Whether the mood is withheld because someone left.")


class RoomNowShape(RoomShape):
    """A room with the present counts of its people."""

    status: RoomStatusShape | None = Field(
        description="Null if the room is closed, or the process that holds it does not respond."
    )


class PauseInput(BaseModel):
    """A request to pause a room or to resume it."""

    model_config = ConfigDict(extra="forbid")

    on: bool


class HardMinuteShape(BaseModel):
    """A minute in which the valence was low, or many people reported being lost."""

    start: float = Field(
        description="Start of the minute, seconds from the start of the session.", examples=[840.0]
    )
    valence: Valence | None
    lost: Probability | None = Field(
        description="Largest share of the people who were lost; null below five people."
    )
    hardness: float


class RoomSummaryShape(BaseModel):
    """The three hardest minutes of a lesson, the hardest first."""

    hardest: list[HardMinuteShape]


class ConsentShape(BaseModel):
    """The text that a student agrees to by joining."""

    version: str = Field(examples=["2-en-taps"])
    sha256: str
    text: list[str]


class RoomInfoShape(BaseModel):
    """The information about a room that a student sees before joining."""

    id: str = Field(examples=["0a1b2c3d"])
    name: str = Field(examples=["Algebra 7b"])
    faces: bool = Field(description="Whether the student may let their own face be read.")
    taps_consent: ConsentShape = Field(description="The text for joining with buttons alone.")
    faces_consent: ConsentShape | None = Field(
        description="The text for joining with the face read; null if faces are not read."
    )


class ReceiptCheckShape(BaseModel):
    """The result of checking a receipt of consent."""

    valid: bool = Field(
        description="Whether this service made the receipt for this room, and it is unchanged."
    )


def room_shape(record: RoomRecord, session: Session, base_url: str) -> RoomShape:
    """Return the response model of one room."""
    return RoomShape(**_room_values(record, session, base_url))


def room_now_shape(
    record: RoomRecord, session: Session, base_url: str, status: RoomStatus | None
) -> RoomNowShape:
    """Return the response model of one room with the counts of its people."""
    counts = RoomStatusShape(**asdict(status)) if status is not None else None
    return RoomNowShape(**_room_values(record, session, base_url), status=counts)


def _room_values(record: RoomRecord, session: Session, base_url: str) -> dict[str, Any]:
    return {
        "id": record.session_id,
        "name": session.name,
        "state": session.state(),
        "started_at": session.started_at,
        "code": shown_code(record),
        "link": join_link(record, base_url),
        "faces": record.faces,
        "notice": session.notice,
        "notice_at": session.notice_at,
    }


def join_link(record: RoomRecord, base_url: str) -> str | None:
    """Return the URL at which students join; None once the room is closed."""
    code = shown_code(record)
    return f"{base_url.rstrip('/')}/join?code={code}" if code is not None else None


def consent_shape(text: ConsentText) -> ConsentShape:
    """Return the response model of a consent text."""
    return ConsentShape(version=text.version, sha256=text.digest, text=list(text.paragraphs))


def hard_minute_shape(minute: HardMinute) -> HardMinuteShape:
    """Return the response model of a hard minute."""
    return HardMinuteShape(**asdict(minute))
