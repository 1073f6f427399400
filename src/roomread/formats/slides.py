"""Read the time at which each slide of a presentation is shown, from a PPTX or PDF."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from roomread.errors import DataError, MissingExtraError
from roomread.room.session import Mark

# Maximum numbers of slides, of bytes, and of bytes after unpacking, so that no file fills the
# memory.
_MAX_SLIDES, MAX_SLIDES_BYTES, _MAX_UNPACKED = 1000, 200_000_000, 1_000_000_000
# Maximum number of characters of a slide's title in the label of its mark.
_TITLE = 80
# Exceptions that the libraries raise for damaged files in addition to their own: SyntaxError comes
# from lxml, and others follow from a missing part of the file.
_DAMAGE = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    SyntaxError,
    OSError,
    RecursionError,
    ArithmeticError,
    NotImplementedError,
    zlib.error,
)
_PPTX_DAMAGE = (*_DAMAGE, zipfile.BadZipFile, EOFError)
_TRANSITION = "{http://schemas.openxmlformats.org/presentationml/2006/main}transition"


def slide_marks(content: bytes, *, name: str) -> list[Mark]:
    """Return a mark for each slide; its time is when the slide is shown, after the first slide.

    A PPTX file has timings if they were rehearsed or recorded in PowerPoint. A PDF file has timings
    if each page states how long it is displayed (`/Dur`, ISO 32000-1, 12.4.4).

    Args:
        content: The content of the file.
        name: The name of the file in error messages.

    Raises:
        DataError: The file is damaged, too large, or not a PPTX or PDF; it has no slides or too
            many; or a slide other than the last has no timing.
        MissingExtraError: The extra `slides` is not installed.
    """
    if len(content) > MAX_SLIDES_BYTES:
        raise DataError(f"{name}: is too large to be read", hint="remove its videos")
    if content.startswith(b"%PDF-"):
        slides = _pdf(content, name)
    elif content.startswith(b"PK"):
        slides = _pptx(content, name)
    else:
        raise DataError(
            f"{name}: is not a presentation that can be read", hint="use a PPTX or PDF file"
        )
    return list(_marks(slides, name))


def _marks(slides: Sequence[tuple[str, float | None]], name: str) -> Iterator[Mark]:
    if not slides:
        raise DataError(f"{name}: has no slides", hint="use another file")
    if len(slides) > _MAX_SLIDES:
        raise DataError(f"{name}: has more than {_MAX_SLIDES} slides", hint="split the file")
    time = 0.0
    for number, (title, seconds) in enumerate(slides, start=1):
        words = " ".join(title.split())[:_TITLE].strip()
        yield Mark(time, f"Slide {number}: {words}" if words else f"Slide {number}")
        # The duration of the last slide is not needed.
        if number < len(slides):
            if seconds is None or not 0 <= seconds < 86_400:
                raise DataError(
                    f"{name}: slide {number} has no timing",
                    hint="rehearse the timings and save the file again, or use a CSV file of marks",
                )
            time += seconds


def _pptx(content: bytes, name: str) -> list[tuple[str, float | None]]:
    try:
        from pptx import Presentation  # noqa: PLC0415 (an extra)
        from pptx.exc import PythonPptxError  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError("reading slides", extra="slides") from error
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(each.file_size for each in archive.infolist())
        slides = Presentation(io.BytesIO(content)).slides if unpacked <= _MAX_UNPACKED else None
        found = [(_pptx_title(slide), _pptx_seconds(slide)) for slide in slides or ()]
    except _PPTX_DAMAGE as error:
        raise DataError(f"{name}: is damaged or not a PPTX file", hint="save it as PPTX") from error
    except PythonPptxError as error:
        raise DataError(f"{name}: is not a PPTX file", hint="save it as PPTX") from error
    if slides is None:
        raise DataError(f"{name}: is too large to be read", hint="remove its videos")
    return found


def _pptx_title(slide: Any) -> str:
    title = slide.shapes.title
    return str(title.text_frame.text) if title is not None else ""


def _pptx_seconds(slide: Any) -> float | None:
    """Return how long a slide is shown, s, or None if it has no timing.

    The `transition` element, whose attribute `advTm` is the time in milliseconds (ISO/IEC 29500-1,
    19.3.1.50), is searched for at any depth, because versions of PowerPoint nest it differently.
    """
    times = [each.get("advTm") for each in slide.element.iter(_TRANSITION)]
    known = [int(time) for time in times if time is not None]
    return known[0] / 1000 if known else None


def _pdf(content: bytes, name: str) -> list[tuple[str, float | None]]:
    try:
        from pypdf import PdfReader  # noqa: PLC0415 (an extra)
        from pypdf.errors import PyPdfError  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError("reading slides", extra="slides") from error
    try:
        pages = PdfReader(io.BytesIO(content)).pages
        return [(_pdf_title(page), _pdf_seconds(page)) for page in pages]
    except (PyPdfError, *_DAMAGE) as error:
        raise DataError(
            f"{name}: is damaged or protected", hint="save it again without a password"
        ) from error


def _pdf_title(page: Any) -> str:
    text = str(page.extract_text())
    return next((line for line in text.splitlines() if line.strip()), "")


def _pdf_seconds(page: Any) -> float | None:
    seconds = page.get("/Dur")
    return float(seconds.get_object()) if seconds is not None else None
