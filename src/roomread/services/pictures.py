"""Read the faces of uploaded pictures, and draw the readings."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from PIL import Image

from roomread.errors import MediaError
from roomread.media import draw_readings
from roomread.pipeline import Analyzer
from roomread.pipeline.explanation import Explanation, explain_faces
from roomread.readings import Frame, Reading
from roomread.services.purpose import require_reading

_JPEG_QUALITY = 90


class PictureTooLargeError(MediaError):
    """An encoded picture is larger than the operator allows."""


class PictureDecoder(Protocol):
    """A decoder of untrusted pictures, such as `services.engine.Engine`."""

    def frame(self, content: bytes, name: str, *, index: int = 0) -> Frame:
        """Return an encoded picture as a frame, or raise a `MediaError`."""


@dataclass(frozen=True, slots=True)
class EncodedPicture:
    """The content of a picture file.

    Attributes:
        name: The name of the picture in messages.
        content: The encoded bytes, such as a JPEG.
    """

    name: str
    content: bytes

    def check_size(self, max_mb: int) -> None:
        """Check that the picture is not too large.

        Raises:
            PictureTooLargeError: The picture is larger than `max_mb` megabytes.
        """
        if len(self.content) > max_mb * 1_000_000:
            raise PictureTooLargeError(
                f"{self.name}: is over {max_mb} MB", hint="scale it down first"
            )


@dataclass(frozen=True, slots=True, eq=False)
class AnalyzedPicture:
    """A decoded picture with its readings.

    Attributes:
        frame: The picture.
        readings: The readings of its faces, largest first.
    """

    frame: Frame
    readings: Sequence[Reading]

    def jpeg(self, *, max_size: tuple[int, int] | None = None, drawn: bool = True) -> bytes:
        """Return a copy of the picture as JPEG.

        Args:
            max_size: Scale the copy down to fit this width and height, px; None keeps the size.
            drawn: Whether the box, number and expression of each face are drawn into the copy.
        """
        copy = self._drawn() if drawn else Image.fromarray(self.frame.image)
        if max_size is not None:
            copy.thumbnail(max_size)
        return encode(copy, "JPEG", quality=_JPEG_QUALITY)

    def png(self) -> bytes:
        """Return a copy of the picture as PNG, with the box, number and expression of each face."""
        return encode(self._drawn(), "PNG")

    def without_pixels(self) -> AnalyzedPicture:
        """Return a copy whose pixels are replaced by zeros that take no memory."""
        zeros = np.broadcast_to(np.uint8(0), self.frame.image.shape)
        return AnalyzedPicture(replace(self.frame, image=zeros), self.readings)

    def _drawn(self) -> Image.Image:
        return Image.fromarray(draw_readings(self.frame.image, list(self.readings), numbered=True))


def analyze_picture(
    picture: EncodedPicture,
    decoder: PictureDecoder,
    analyzer: Analyzer,
    *,
    index: int = 0,
    oneself: bool = False,
) -> AnalyzedPicture:
    """Read the faces of one picture.

    Args:
        picture: The encoded picture.
        decoder: The decoder of the picture.
        analyzer: The analyzer, with the profiles that the owner chose.
        index: The position of the picture in its request, from 0.
        oneself: Whether the picture shows its sender, so that only the largest face is kept.

    Raises:
        PurposeError: The purpose of this installation does not allow reading the picture.
        MediaError: The picture is damaged, in no known format, too large, or took too long to
            decode.
    """
    require_reading(oneself=oneself)
    frame = decoder.frame(picture.content, picture.name, index=index)
    readings = analyzer.analyze_frame(frame)
    return AnalyzedPicture(frame, readings[:1] if oneself else readings)


def explain_face(
    picture: EncodedPicture,
    decoder: PictureDecoder,
    analyzer: Analyzer,
    reading: Reading,
    *,
    oneself: bool = False,
) -> Explanation | None:
    """Return which parts of a face influenced the expression that was read.

    Args:
        picture: The encoded picture.
        decoder: The decoder of the picture.
        analyzer: The analyzer that made the reading.
        reading: The reading of the face; see `analyze_picture`.
        oneself: Whether the picture shows its sender.

    Returns:
        The explanation; None if the face cannot be read.

    Raises:
        PurposeError: The purpose of this installation does not allow reading the face.
        MediaError: See `analyze_picture`.
    """
    require_reading(oneself=oneself)
    frame = decoder.frame(picture.content, picture.name)
    found = explain_faces(analyzer.detector, analyzer.reader, frame, only=reading)
    return found[0] if found else None


def annotate(
    picture: EncodedPicture, decoder: PictureDecoder, readings: Sequence[Reading]
) -> bytes:
    """Return a picture with known readings drawn into it, as PNG.

    Raises:
        MediaError: See `analyze_picture`.
    """
    return AnalyzedPicture(decoder.frame(picture.content, picture.name), readings).png()


def encode(picture: Image.Image, kind: str, **options: int) -> bytes:
    """Return a picture encoded by Pillow.

    Args:
        picture: The picture.
        kind: The name of the format in Pillow, such as "PNG".
        options: The options of the format.
    """
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()
