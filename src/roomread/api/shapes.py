"""Models of request and response bodies about pictures, live frames and videos."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from roomread.api.problems import Problem
from roomread.api.schema import FrameShape, frame_shape
from roomread.errors import without_credentials
from roomread.jobs.video_job import VideoJob
from roomread.readings import Frame, Reading
from roomread.store import JobState
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
    """A picture that was read; `frame` has the format of `roomread analyze --format json`."""

    frame: FrameShape
    notes: list[str] = Field(
        default_factory=list,
        description="What is ignored in the file, such as further pictures of an animation.",
        examples=[["walk.gif: of its 12 pictures the first is read"]],
    )
    annotated: str | None = Field(
        default=None, description="The annotated JPEG in base64, if it was requested."
    )


class UnreadPicture(BaseModel):
    """A picture that could not be read, in a request with several pictures."""

    source: str
    problem: Problem


class PicturesShape(BaseModel):
    """The pictures of one request, in the order of the request."""

    pictures: list[PictureShape | UnreadPicture]


class PictureInput(BaseModel):
    """A picture in base64."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="picture", max_length=200, examples=["photo.jpg"])
    data: str = Field(
        description="The encoded picture in base64 (RFC 4648), URL-safe or not, or its data URI."
    )


class PicturesInput(BaseModel):
    """Pictures as JSON. URLs are not accepted, because the service fetches nothing."""

    model_config = ConfigDict(extra="forbid")

    pictures: list[PictureInput] = Field(min_length=1, max_length=16)


class VideoShape(BaseModel):
    """A video that is read in the background."""

    id: str
    name: str = Field(examples=["lesson.mp4"])
    state: JobState
    created: datetime
    seconds: float = Field(
        description="Time up to which the video has been read, s.", examples=[12.4]
    )
    duration: float | None = Field(
        description="Duration, s; null if the file does not state it.", examples=[60.0]
    )
    error: str = Field(
        description="Why reading stopped early, else empty. Results up to then are kept."
    )
    annotated: bool = Field(description="Whether an annotated copy was requested.")
    notes: list[str] = Field(
        description="What is ignored in the file, such as further video tracks; known once "
        "reading has begun.",
    )


class VideosShape(BaseModel):
    """Your videos, oldest first."""

    videos: list[VideoShape]


def picture_shape(frame: Frame, readings: Sequence[Reading]) -> PictureShape:
    """Return the response model of one picture."""
    shape = frame_shape(FrameReadings.of(frame, readings))
    return PictureShape(frame=shape, notes=list(frame.notes))


def video_shape(job: VideoJob) -> VideoShape:
    """Return the response model of one video."""
    record = job.record
    values: dict[str, Any] = {
        "id": record.id,
        "name": without_credentials(record.name),
        "state": record.state,
        "created": datetime.fromtimestamp(record.created, UTC),
        "seconds": record.seconds,
        "duration": record.duration,
        "error": record.error,
        "annotated": record.annotated,
        "notes": job.notes(),
    }
    return VideoShape(**values)
