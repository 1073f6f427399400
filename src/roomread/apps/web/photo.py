"""Photos in; boxes, a table, and downloads out."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, replace
from pathlib import PurePath

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from roomread.apps.records import CsvSink, JsonSink
from roomread.apps.settings import load_settings
from roomread.apps.web.shared import BusyError, engine, score_bars, turn
from roomread.errors import MediaError, RoomreadError
from roomread.media import PICTURE_SUFFIXES, draw_readings
from roomread.readings import Expression, Frame, Reading


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """One picture, read.

    Attributes:
        frame: the picture.
        readings: of its faces, the largest first.
        drawn: uint8 [H, W, 3], with boxes and labels.
    """

    frame: Frame
    readings: list[Reading]
    drawn: NDArray[np.uint8]


def show() -> None:
    """The page."""
    st.title("Photo")
    limit = load_settings().max_upload_mb
    uploads = st.file_uploader(
        "Photos",
        type=sorted(suffix.lstrip(".") for suffix in PICTURE_SUFFIXES),
        accept_multiple_files=True,
        max_upload_size=limit,
    )
    pictures = [(upload.name, upload.getvalue()) for upload in uploads]
    if st.toggle("Take one with the camera"):
        taken = st.camera_input("Your camera")
        if taken is not None:
            pictures.append(("camera.jpg", taken.getvalue()))
    if not pictures:
        st.info("Upload one or more photos, or take one. They stay in this computer's memory.")
        return
    photos = []
    for number, read in enumerate(_read_once(pictures)):
        if isinstance(read, RoomreadError):
            st.error(str(read))
            continue
        photos.append(read)
        _show_photo(read, number)
    if photos:
        _offer_readings(photos)


def _read_once(pictures: list[tuple[str, bytes]]) -> list[Photo | RoomreadError]:
    """Reads what was not read when the page was last drawn; forgets what is no longer there."""
    known: dict[tuple[str, bytes], Photo | RoomreadError] = st.session_state.get("photos", {})
    read: dict[tuple[str, bytes], Photo | RoomreadError] = {}
    for name, content in pictures:
        key = (name, hashlib.sha256(content).digest())
        read[key] = known[key] if key in known else _read(name, content)
    # Who was told to wait is served when the page is drawn again.
    st.session_state["photos"] = {k: v for k, v in read.items() if not isinstance(v, BusyError)}
    return list(read.values())


def _read(name: str, content: bytes) -> Photo | RoomreadError:
    try:
        with turn():
            frame, readings = engine().analyze(content, name)
            return Photo(frame, readings, draw_readings(frame.image, readings))
    except (BusyError, MediaError) as error:
        return error


def _show_photo(photo: Photo, number: int) -> None:
    name, readings = photo.frame.source, photo.readings
    st.subheader(name)
    left, right = st.columns([3, 2])
    count = len(readings)
    said = "No face was found." if not count else f"{count} face{'s' if count > 1 else ''}"
    left.image(photo.drawn, caption=f"{name}: {said}", width="stretch")
    picture = io.BytesIO()
    Image.fromarray(photo.drawn).save(picture, "PNG")
    left.download_button(
        "Annotated picture",
        picture.getvalue(),
        file_name=f"{PurePath(name).stem}.annotated.png",
        mime="image/png",
        key=f"picture{number}",
        on_click="ignore",
    )
    if not readings:
        right.info(
            f"{said} Faces under about 24 pixels, seen from behind or far from upright are missed."
        )
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
        right.altair_chart(score_bars(readable[chosen][1]), width="stretch")


def _table(readings: list[Reading]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "face": number,
                "expression": _said(reading),
                **{e.display_name: _percent(reading, e) for e in Expression},
                "size, px": round(reading.quality.size),
            }
            for number, reading in enumerate(readings, start=1)
        ]
    )


def _said(reading: Reading) -> str:
    if reading.scores is None:
        return f"unreadable: {reading.quality.reason}"
    return str(reading.scores)


def _percent(reading: Reading, expression: Expression) -> str:
    return f"{min(reading.scores[expression], 0.99):.0%}" if reading.scores is not None else ""


def _offer_readings(photos: list[Photo]) -> None:
    st.subheader("Download the readings")
    for label, sink_of, suffix, mime in (
        ("CSV", CsvSink, "csv", "text/csv"),
        ("JSON", JsonSink, "json", "application/json"),
    ):
        text = io.StringIO(newline="")
        sink = sink_of(text)
        for number, photo in enumerate(photos):
            sink.add(replace(photo.frame, index=number), photo.readings)
        sink.close()
        st.download_button(
            label, text.getvalue(), file_name=f"readings.{suffix}", mime=mime, on_click="ignore"
        )
