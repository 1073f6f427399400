"""What goes over the wire, as pydantic models: the OpenAPI document is made of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from roomread.api.problems import Problem
from roomread.api.schema import FrameShape, frame_shape
from roomread.errors import without_credentials
from roomread.readings import Frame, Reading
from roomread.store import JobRecord, JobState
from roomread.wire import FrameReadings

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


class PictureShape(BaseModel):
    """One picture that was read; `frame` is as `roomread analyze --format json` has it."""

    frame: FrameShape
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

    frame: FrameShape = Field(
        description="Its frame_index counts the frames sent, its time is seconds from the first."
    )
    age: float = Field(description="Seconds from the frame's coming to this answer.")
    dropped: int = Field(description="Frames so far that newer ones overtook.")


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
    return PictureShape(frame=frame_shape(FrameReadings.of(frame, readings)))


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
