"""The page Photo: read photos, draw the readings, and offer both for download."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib import resources
from pathlib import PurePath

import pandas as pd
import streamlit as st

from roomread import Analyzer
from roomread.errors import BusyError, MediaError, RoomreadError
from roomread.formats.csv_table import CsvSink
from roomread.formats.json_frames import JsonSink
from roomread.formats.score_charts import score_bars
from roomread.media import PICTURE_SUFFIXES
from roomread.readings import Expression, Frame, Reading, percent
from roomread.services.pictures import EncodedPicture, analyze_picture, annotate
from roomread.services.purpose import Activity, PurposeError, allows
from roomread.settings.environment import load_settings
from roomread.web.engine import engine, turn
from roomread.web.face_details import show_details
from roomread.web.svg import show_svg
from roomread.web.uploads import upload_types
from roomread.web.visitor import owner, visitor_analyzer

# Maximum size of the annotated copy on the page, px; the downloaded copy has full size.
_SHOWN = (1600, 1600)
# Name and digest of a picture, the names of the profiles that it is read with, and whether only
# its largest face is read.
_Key = tuple[str, bytes, tuple[str, ...], bool]


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """The result of one picture, without its pixels, because a visit may contain many pictures.

    Attributes:
        frame: the picture, whose pixels are replaced by zeros that take no memory.
        readings: the readings of its faces, largest first.
        drawn: a JPEG with boxes and labels, as large as a screen.
        make_copy: a function that returns the annotated picture as PNG in full size.
    """

    frame: Frame
    readings: Sequence[Reading]
    drawn: bytes
    make_copy: Callable[[], bytes]


def show() -> None:
    """Draw the page."""
    st.title("Photo")
    limit = load_settings().max_upload_mb
    uploads = st.file_uploader(
        "Photos",
        type=upload_types(PICTURE_SUFFIXES),
        accept_multiple_files=True,
        max_upload_size=limit,
    )
    pictures = [(upload.name, upload.getvalue()) for upload in uploads]
    if not pictures and st.query_params.get("example"):
        pictures.append(example_photo())
    if st.toggle("Take one with the camera"):
        taken = st.camera_input("Your camera")
        if taken is not None:
            pictures.append(("camera.jpg", taken.getvalue()))
    if not pictures:
        st.info("Upload one or more photos, or take one. They stay in this computer's memory.")
        return
    photos = []
    oneself = not allows(Activity.READ_OTHERS)
    if oneself and not st.checkbox(
        "These pictures show me. Only the largest face of each is read.", key="photo_oneself"
    ):
        st.info(
            "Work and education in the European Union must not infer the emotions of others from "
            "their faces. The page About shows the purpose of this installation."
        )
        return
    analyzer = visitor_analyzer()
    for number, read in enumerate(_read_once(analyzer, pictures, oneself=oneself)):
        if isinstance(read, RoomreadError):
            st.error(str(read))
            continue
        photos.append(read)
        _show_photo(read, number)
    if photos:
        _offer_readings(photos)


def example_photo() -> tuple[str, bytes]:
    """Return the name and the content of the photograph that comes with the app.

    It is NASA's portrait of Eileen Collins, in the public domain.
    """
    return "example.jpg", (resources.files("roomread.web") / "example.jpg").read_bytes()


def _read_once(
    analyzer: Analyzer, pictures: list[tuple[str, bytes]], *, oneself: bool
) -> list[Photo | RoomreadError]:
    """Read the pictures that were added since the page was last drawn, and forget removed ones."""
    known: dict[_Key, Photo | RoomreadError] = st.session_state.get("photos", {})
    read: dict[_Key, Photo | RoomreadError] = {}
    profiles = tuple(binding.profile.name for binding in analyzer.profiles)
    for name, content in pictures:
        key = (name, hashlib.sha256(content).digest(), profiles, oneself)
        read[key] = known[key] if key in known else _read(analyzer, name, content, oneself=oneself)
    # A picture that was refused because of load is not stored, so it is tried again next time.
    st.session_state["photos"] = {k: v for k, v in read.items() if not isinstance(v, BusyError)}
    return list(read.values())


def _read(analyzer: Analyzer, name: str, content: bytes, *, oneself: bool) -> Photo | RoomreadError:
    picture, decoder = EncodedPicture(name, content), engine()
    try:
        with turn(owner()):
            analyzed = analyze_picture(picture, decoder, analyzer, oneself=oneself)
            drawn = analyzed.jpeg(max_size=_SHOWN)
            make_copy = partial(annotate, picture, decoder, analyzed.readings)
            return Photo(analyzed.without_pixels().frame, analyzed.readings, drawn, make_copy)
    except (BusyError, MediaError, PurposeError) as error:
        return error


def _show_photo(photo: Photo, number: int) -> None:
    name, readings = photo.frame.source, photo.readings
    st.subheader(name)
    left, right = st.columns([3, 2])
    count = len(readings)
    found = "No face was found." if not count else f"{count} face{'s' if count > 1 else ''}"
    left.image(photo.drawn, caption=f"{name}: {found}", width="stretch")
    left.download_button(
        "Annotated picture",
        # Create the copy only when it is downloaded.
        photo.make_copy,
        file_name=f"{PurePath(name).stem}.annotated.png",
        mime="image/png",
        key=f"picture{number}",
        on_click="ignore",
    )
    for note in photo.frame.notes:
        right.info(note)
    if not readings:
        right.info(f"{found} Faces under about 24 pixels or seen from behind are missed.")
        return
    right.dataframe(_table(readings), hide_index=True)
    readable = [(i, r.scores) for i, r in enumerate(readings) if r.scores is not None]
    if readable:
        chosen = right.selectbox(
            "Scores of",
            range(len(readable)),
            format_func=lambda i: f"face {readable[i][0] + 1}: {readable[i][1]}",
            key=f"face{number}",
        )
        with right:
            show_svg(score_bars(readable[chosen][1]), key=f"scores{number}", wide=False)
        show_details(right, readings[readable[chosen][0]])


def _table(readings: Sequence[Reading]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "face": number,
                "expression": str(reading),
                **{e.display_name: _score(reading, e) for e in Expression},
                "size, px": round(reading.box.longer_side),
            }
            for number, reading in enumerate(readings, start=1)
        ]
    )


def _score(reading: Reading, expression: Expression) -> str:
    return percent(reading.scores[expression]) if reading.scores is not None else ""


def _offer_readings(photos: list[Photo]) -> None:
    st.subheader("Download the readings")
    states = sorted({s.name for photo in photos for r in photo.readings for s in r.states})
    table, array = io.StringIO(newline=""), io.StringIO(newline="")
    for label, text, sink, suffix, mime in (
        ("CSV", table, CsvSink(table, states=states), "csv", "text/csv"),
        ("JSON", array, JsonSink(array), "json", "application/json"),
    ):
        for number, photo in enumerate(photos):
            sink.add(replace(photo.frame, index=number), photo.readings)
        sink.close()
        st.download_button(
            label, text.getvalue(), file_name=f"readings.{suffix}", mime=mime, on_click="ignore"
        )
