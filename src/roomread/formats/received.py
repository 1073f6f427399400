"""Frames' readings that come as JSON, in the shape in which every door gives them out."""

from __future__ import annotations

from typing import Annotated, Any, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from roomread.errors import SessionError
from roomread.readings import Box, Expression, Quality, Reading, Scores, Unreadable

MAX_FRAMES = 200
_MAX_FACES = 300
# A session is a lesson or a day; what finds its changes takes the square of its length, s.
_MAX_TIME = 24 * 3600.0
# As far as a place of a face is kept, px.
_FARTHEST = 32_767.0
# The doors round each of the seven to four digits.
_ROUNDED = 0.01

Coordinate = Annotated[float, Field(ge=-_FARTHEST, le=_FARTHEST)]
Share = Annotated[float, Field(ge=0, le=1)]


class BoxInput(BaseModel):
    """From forehead to chin, px of the upright picture."""

    left: Coordinate = Field(examples=[180.2])
    top: Coordinate = Field(examples=[61.4])
    right: Coordinate = Field(examples=[268.9])
    bottom: Coordinate = Field(examples=[178.3])

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.right <= self.left or self.bottom <= self.top:
            raise ValueError("the box is inside out")
        return self


class ScoresInput(BaseModel):
    """The seven probabilities, which sum to 1."""

    model_config = ConfigDict(extra="forbid")

    angry: Share = Field(examples=[0.0002])
    disgust: Share = Field(examples=[0.0001])
    fear: Share = Field(examples=[0.0003])
    happy: Share = Field(examples=[0.9923])
    sad: Share = Field(examples=[0.0004])
    surprise: Share = Field(examples=[0.0032])
    neutral: Share = Field(examples=[0.0035])

    @model_validator(mode="after")
    def _check(self) -> Self:
        if abs(sum(self.in_order()) - 1) > _ROUNDED:
            raise ValueError("the seven do not sum to 1")
        return self

    def in_order(self) -> list[float]:
        """The seven in `Expression`'s order."""
        return [getattr(self, e.display_name) for e in Expression]


class FaceInput(BaseModel):
    """One face as the service answers it; what else the answer holds, a name too, is left out."""

    track_id: int = Field(
        ge=1, le=2**31 - 1, description="The person's number in the video.", examples=[1]
    )
    box: BoxInput
    scores: ScoresInput | None = None
    unreadable: Unreadable | None = Field(
        default=None, description="Why there are no scores.", examples=[None]
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.scores is None) == (self.unreadable is None):
            raise ValueError("a face has scores, or a reason why it is unreadable")
        return self

    def reading(self, time: float, threshold: float) -> Reading:
        """The face of a frame at `time` (s), by a net that withholds labels under `threshold`."""
        box = Box(**self.box.model_dump())
        scores = None
        if self.scores is not None:
            seven = np.array(self.scores.in_order(), dtype=np.float32)
            scores = Scores(seven / seven.sum(), threshold)
        return Reading(
            source="",
            time=time,
            frame_index=None,
            box=box,
            detection_confidence=None,
            quality=Quality(size=box.longer_side, reason=self.unreadable),
            scores=scores,
            track_id=self.track_id,
        )


class FrameInput(BaseModel):
    """One frame's faces, none too; as `WS /api/v1/live` or a video's readings have them."""

    time: float = Field(
        ge=0, le=_MAX_TIME, description="Seconds from the start of the source.", examples=[12.5]
    )
    faces: list[FaceInput] = Field(max_length=_MAX_FACES)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len({face.track_id for face in self.faces}) < len(self.faces):
            raise ValueError("two faces have one track number")
        return self

    def readings(self, threshold: float) -> list[Reading]:
        """The faces, by a net that withholds labels under `threshold`."""
        return [face.reading(self.time, threshold) for face in self.faces]


Frames = Annotated[list[FrameInput], Field(min_length=1, max_length=MAX_FRAMES)]
_FRAMES: TypeAdapter[list[FrameInput]] = TypeAdapter(Frames)


def parse_frames(text: bytes | str) -> list[FrameInput]:
    """The frames of a JSON array, or the one of a JSON object.

    Raises:
        SessionError: it is neither, or holds what no frame can.
    """
    first = text[:100].lstrip()[:1]
    try:
        if first in (b"[", "["):
            return _FRAMES.validate_json(text)
        return [FrameInput.model_validate_json(text)]
    except ValidationError as error:
        found: Any = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in found["loc"])
        raise SessionError(
            f"{place or 'body'}: {found['msg']}",
            hint='send {"time": seconds, "faces": […]} as the service answers it, or a list',
        ) from None
