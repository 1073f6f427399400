"""What goes over the wire, as pydantic models: the OpenAPI document is made of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from roomread.api.problems import Problem
from roomread.errors import without_credentials
from roomread.formats.tables import frame_record
from roomread.readings import Frame, Reading
from roomread.store import JobRecord, JobState

SCORES = {
    "angry": 0.0002,
    "disgust": 0.0001,
    "fear": 0.0003,
    "happy": 0.9923,
    "sad": 0.0004,
    "surprise": 0.0032,
    "neutral": 0.0035,
}
Probability = Annotated[float, Field(ge=0, le=1)]


class BoxShape(BaseModel):
    """From forehead to chin, px of the upright picture; may reach beyond it."""

    left: float = Field(examples=[180.2])
    top: float = Field(examples=[61.4])
    right: float = Field(examples=[268.9])
    bottom: float = Field(examples=[178.3])


class QualityShape(BaseModel):
    """How well a face can be seen."""

    size: float | None = Field(description="The longer side of the box, px.", examples=[116.9])
    visible: Probability | None = Field(description="The part inside the picture.", examples=[1.0])
    brightness: Probability | None = Field(examples=[0.58])
    contrast: float | None = Field(examples=[0.21])
    sharpness: float | None = Field(examples=[0.35])
    frontality: float | None = Field(description="1 facing the camera, 0 in profile.")


class StateShape(BaseModel):
    """How much a face looks like a state that was taught."""

    percentile: Probability = Field(description="The share of ordinary faces that look less so.")
    shown: bool = Field(description="Whether that is enough to say so.")


class FaceShape(BaseModel):
    """One face: what its expression looks like, which is not what the person feels."""

    track_id: int | None = Field(description="The person's number in a video; null in a picture.")
    seat: int | None = Field(description="The seat of a room, or tile of a call, from 1.")
    person: str | None = Field(description="A name or role, only where one was given.")
    box: BoxShape
    detection_confidence: Probability | None = Field(
        description="The detector's confidence.", examples=[0.99]
    )
    expression: str | None = Field(
        description="Null where the face cannot be read or the net is not sure enough.",
        examples=["happy"],
    )
    confidence: Probability | None = Field(examples=[0.9923])
    scores: dict[str, Probability] | None = Field(
        description="The seven probabilities; null where the face cannot be read.",
        examples=[SCORES],
    )
    unreadable: str | None = Field(description="Why it cannot be read.", examples=["too dark"])
    quality: QualityShape
    states: dict[str, StateShape] | None = Field(
        default=None, description="Only where profiles taught some."
    )


class PictureShape(BaseModel):
    """One picture and its faces, the largest first; as `roomread analyze --format json` has it."""

    source: str = Field(examples=["photo.jpg"])
    time: float = Field(examples=[0.0])
    frame_index: int = Field(description="Its place in the request.", examples=[0])
    width: int = Field(examples=[512])
    height: int = Field(examples=[512])
    faces: list[FaceShape]
    annotated: str | None = Field(default=None, description="The drawn JPEG in base64, if wanted.")


class UnreadPicture(BaseModel):
    """One picture of several that could not be read."""

    source: str
    problem: Problem


class PicturesShape(BaseModel):
    """The pictures of one request, in its order."""

    pictures: list[PictureShape | UnreadPicture]


class PictureInput(BaseModel):
    """A picture in base64."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="picture", max_length=200, examples=["photo.jpg"])
    data: str = Field(
        description="The encoded picture in base64 (RFC 4648), URL-safe or not, or its data URI."
    )


class PicturesInput(BaseModel):
    """Pictures as JSON. There is no field for a URL: this service fetches nothing."""

    model_config = ConfigDict(extra="forbid")

    pictures: list[PictureInput] = Field(min_length=1, max_length=16)


class LiveShape(BaseModel):
    """What a live frame showed. Frames that a newer one overtook have none."""

    frame_index: int = Field(description="The frame's place among those sent, from 0.")
    time: float = Field(description="Seconds from the first frame to this one, as they came.")
    age: float = Field(description="Seconds from the frame's coming to this answer.")
    dropped: int = Field(description="Frames so far that newer ones overtook.")
    no_picture: str | None = Field(description="Why there is nothing to read: black, frozen, …")
    width: int
    height: int
    faces: list[FaceShape]


class VideoShape(BaseModel):
    """A video that is read in the background."""

    id: str
    name: str = Field(examples=["lesson.mp4"])
    state: JobState
    created: datetime
    seconds: float = Field(description="How far it is read.", examples=[12.4])
    duration: float | None = Field(description="Its length, s, where it says so.", examples=[60.0])
    error: str = Field(description="Why it ended early; what was read before is kept.")
    annotated: bool = Field(description="Whether the drawn copy was asked for.")


class VideosShape(BaseModel):
    """The asker's own videos, oldest first."""

    videos: list[VideoShape]


def picture_shape(frame: Frame, readings: Sequence[Reading]) -> PictureShape:
    """One picture's answer."""
    return PictureShape.model_validate(frame_record(frame, readings))


def video_shape(record: JobRecord) -> VideoShape:
    """One job's answer."""
    values: dict[str, Any] = {
        "id": record.id,
        "name": without_credentials(record.name),
        "state": record.state,
        "created": datetime.fromtimestamp(record.created, UTC),
        "seconds": record.seconds,
        "duration": record.duration,
        "error": record.error,
        "annotated": record.annotated,
    }
    return VideoShape(**values)
