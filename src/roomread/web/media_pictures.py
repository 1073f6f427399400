"""The pictures of the "Photos and videos" page, which are kept for the visit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib import resources

import streamlit as st

from roomread import Analyzer
from roomread.errors import BusyError, MediaError, RoomreadError
from roomread.pipeline.explanation import Explanation
from roomread.readings import Box
from roomread.services.pictures import EncodedPicture, analyze_picture, annotate
from roomread.services.purpose import PurposeError
from roomread.services.results import PictureResult
from roomread.web.engine import engine, turn
from roomread.web.texts import t
from roomread.web.visitor import owner

# Maximum size of the picture on the page, px; the downloaded copy has full size.
_SHOWN = (1600, 1600)
_KEPT = "media_pictures"


@dataclass(slots=True)
class KeptPicture:
    """A picture of this visit.

    Attributes:
        id: a digest of the name and the content.
        picture: the encoded picture.
        profiles: the names of the profiles with which the picture was read.
        result: the readings, or the error if the picture could not be read; None before reading.
        explanations: the explanations that the visitor asked for, by the box of the face.
    """

    id: str
    picture: EncodedPicture
    profiles: tuple[str, ...] = ()
    result: PictureResult | RoomreadError | None = None
    explanations: dict[Box, Explanation] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.picture.name

    @property
    def is_waiting(self) -> bool:
        """Whether the picture has not been read yet, for example because the analyzer was busy."""
        return self.result is None or isinstance(self.result, BusyError)


def kept_pictures() -> list[KeptPicture]:
    """Return the pictures of this visit in the order in which they were added."""
    return list(_pictures().values())


def kept_picture(picture_id: str) -> KeptPicture:
    """Return a picture of this visit.

    Raises:
        KeyError: the visit has no picture with this id.
    """
    return _pictures()[picture_id]


def add_picture(name: str, content: bytes, *, most_mb: int) -> str:
    """Add a picture to this visit, unless it was added before, and return its id.

    Args:
        name: the name of the file.
        content: the encoded picture.
        most_mb: the maximum size of all pictures of a visit, MB.

    Raises:
        MediaError: the pictures of the visit would exceed the maximum size.
    """
    digest = hashlib.sha256(name.encode() + b"\0" + content).hexdigest()[:16]
    pictures = _pictures()
    if digest not in pictures:
        size = sum(len(each.picture.content) for each in pictures.values()) + len(content)
        if size > most_mb * 1_000_000:
            problem = t(
                "{name}: your pictures would take more than {most} MB in all",
                name=name,
                most=most_mb,
            )
            raise MediaError(problem, hint=t("remove some of them"))
        pictures[digest] = KeptPicture(digest, EncodedPicture(name, content))
    return digest


def remove_picture(picture_id: str) -> None:
    """Forget a picture; a no-op if the visit has no picture with this id."""
    _pictures().pop(picture_id, None)


def discard_outdated(analyzer: Analyzer) -> None:
    """Discard the results of pictures that were read with other profiles than `analyzer` has.

    These pictures are waiting until they are read again; their results are not shown meanwhile.
    """
    profiles = _profiles(analyzer)
    for kept in kept_pictures():
        if kept.profiles != profiles:
            kept.result = None


def count_waiting() -> int:
    """Return the number of pictures that are not yet read."""
    return sum(kept.is_waiting for kept in kept_pictures())


def read_waiting(
    analyzer: Analyzer, *, oneself: bool, show_progress: Callable[[KeptPicture], None]
) -> bool:
    """Read the waiting pictures.

    After a picture that cannot be read, the remaining pictures are still read.

    Args:
        analyzer: the analyzer with the visitor's profiles.
        oneself: whether the pictures show the visitor; only the largest face is read then.
        show_progress: called with each picture before it is read.

    Returns:
        Whether any picture was read or refused; False if the analyzer was busy for all pictures.
    """
    profiles, progressed = _profiles(analyzer), False
    for kept in kept_pictures():
        if kept.is_waiting:
            show_progress(kept)
            kept.result = _read(analyzer, kept.picture, oneself=oneself)
            kept.profiles = profiles
            progressed |= not kept.is_waiting
    return progressed


def results(pictures: Sequence[KeptPicture]) -> list[PictureResult]:
    """Return the results of the pictures that could be read."""
    return [each.result for each in pictures if isinstance(each.result, PictureResult)]


def example_photo() -> tuple[str, bytes]:
    """Return the name and the content of the photograph that comes with the app.

    It is NASA's portrait of Eileen Collins, in the public domain.
    """
    return "example.jpg", (resources.files("roomread.web") / "example.jpg").read_bytes()


def _profiles(analyzer: Analyzer) -> tuple[str, ...]:
    return tuple(binding.profile.name for binding in analyzer.profiles)


def _pictures() -> dict[str, KeptPicture]:
    pictures: dict[str, KeptPicture] = st.session_state.setdefault(_KEPT, {})
    return pictures


def _read(
    analyzer: Analyzer, picture: EncodedPicture, *, oneself: bool
) -> PictureResult | RoomreadError:
    decoder = engine()
    try:
        with turn(owner()):
            analyzed = analyze_picture(picture, decoder, analyzer, oneself=oneself)
            plain = analyzed.jpeg(max_size=_SHOWN, drawn=False)
            make_copy = partial(annotate, picture, decoder, analyzed.readings)
            frame = analyzed.without_pixels().frame
            return PictureResult(frame, analyzed.readings, plain, make_copy)
    except (BusyError, MediaError, PurposeError) as error:
        return error
