"""The "Photos and videos" page: a queue of files, and a table and a ZIP archive of all results."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path, PurePath

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from roomread import Analyzer
from roomread.errors import RoomreadError
from roomread.formats.palette import BY_VALENCE
from roomread.jobs.video_job import VideoJob
from roomread.media import PICTURE_SUFFIXES, VIDEO_SUFFIXES
from roomread.readings import Expression
from roomread.services.purpose import Activity, allows
from roomread.services.results import (
    PictureResult,
    ResultRow,
    picture_rows,
    readings_csv,
    readings_json,
    table_csv,
    video_rows,
    write_archive,
)
from roomread.settings.environment import load_settings
from roomread.web.boxes import faces_text, show_faces
from roomread.web.core_texts import expression_name, label_text
from roomread.web.explained_face import offer_explanation
from roomread.web.face_details import show_details
from roomread.web.media_pictures import (
    KeptPicture,
    add_picture,
    count_waiting,
    discard_outdated,
    example_photo,
    kept_picture,
    kept_pictures,
    read_waiting,
    remove_picture,
    results,
)
from roomread.web.media_videos import (
    remove_video,
    show_deleted,
    show_video,
    shown_videos,
    state_text,
    videos,
)
from roomread.web.messages import message_for, plain
from roomread.web.table import show_table
from roomread.web.texts import probability, t
from roomread.web.uploaded_files import open_upload
from roomread.web.uploads import upload_types
from roomread.web.visitor import visitor_analyzer, visitor_profiles

_ROUND, _CHOSEN, _PROBLEMS = "media_round", "media_chosen", "media_problems"


def show() -> None:
    """Draw the "Photos and videos" page."""
    st.title(t("Photos and videos"))
    if st.query_params.pop("example", ""):
        # Add the photo before the uploader is drawn, because redrawing the uploader would move the
        # page.
        most_mb = 2 * load_settings().max_upload_mb
        st.session_state[_CHOSEN] = add_picture(*example_photo(), most_mb=most_mb)
    _add()
    for problem in st.session_state.pop(_PROBLEMS, []):
        st.error(problem)
    jobs = shown_videos()
    show_deleted(jobs)
    if not kept_pictures() and not jobs:
        st.info(
            t(
                "Add photos and videos, or take a photo. They are read on the app's computer; "
                "photos stay in its memory for this visit, results of videos for an hour."
            )
        )
        return
    analyzer = _analyzer_of_pictures()
    if analyzer is not None:
        discard_outdated(analyzer)
    _show_queue(jobs)
    pictures = results(kept_pictures())
    ended = [job for job in jobs if job.finished]
    rows = [row for picture in pictures for row in picture_rows(picture)]
    rows += [row for job in ended for row in video_rows(job.name, job.timeline())]
    if rows:
        _show_table(rows)
    if pictures or ended:
        _offer_downloads(rows, pictures, ended)
        _show_one(ended, analyzer)
    if analyzer is not None:
        _read_pictures(analyzer)


def _add() -> None:
    """Draw the uploader, and put its files into the queue; then the uploader is empty again."""
    settings = load_settings()
    round_ = st.session_state.setdefault(_ROUND, 0)
    uploads = st.container(key="uploader").file_uploader(
        t("Photos and videos, several at once"),
        type=upload_types(PICTURE_SUFFIXES | VIDEO_SUFFIXES),
        accept_multiple_files=True,
        max_upload_size=settings.max_upload_mb,
        key=f"media_upload_{round_}",
    )
    with st.expander(t("Camera, path or URL")):
        if st.toggle(t("Take a photo with the camera"), key="media_camera"):
            taken = st.camera_input(t("Your camera"), key=f"media_taken_{round_}")
            uploads += [taken] if taken is not None else []
        place = ""
        if settings.local_files:
            with st.form("media_place", clear_on_submit=True, border=False):
                place = st.text_input(t("A path or URL of a video")).strip()
                if not st.form_submit_button(t("Read it")):
                    place = ""
    if not uploads and not place:
        return
    _add_files(uploads)
    if place:
        try:
            st.session_state[_CHOSEN] = videos().submit_source(place, profiles=visitor_profiles())
        except RoomreadError as error:
            st.session_state[_PROBLEMS].append(message_for(error, settings))
    # A new key empties the uploader.
    st.session_state[_ROUND] = round_ + 1
    st.rerun()


def _add_files(uploads: list[UploadedFile]) -> None:
    """Add files to the queue, choose the first valid one, and store the problems for display."""
    settings = load_settings()
    problems, added = [], []
    for upload in uploads:
        try:
            added.append(_add_file(upload, most_mb=2 * settings.max_upload_mb))
        except RoomreadError as error:
            problems.append(message_for(error, settings))
    st.session_state[_PROBLEMS] = problems
    if added:
        st.session_state[_CHOSEN] = added[0]


def _add_file(upload: UploadedFile, *, most_mb: int) -> str:
    """Add a picture or submit a video, and return its id."""
    with open_upload(upload) as content:
        if PurePath(upload.name).suffix.lower() in VIDEO_SUFFIXES:
            return videos().submit(upload.name, content, profiles=visitor_profiles())
        return add_picture(upload.name, content.read(), most_mb=most_mb)


def _analyzer_of_pictures() -> Analyzer | None:
    """Return the analyzer for the pictures; None without pictures, or if they may not be read.

    If the purpose of this installation prohibits reading the faces of other people, the visitor is
    asked to confirm that the pictures show the visitor.
    """
    if not kept_pictures():
        return None
    if not allows(Activity.READ_OTHERS) and not st.checkbox(
        t("These pictures show me. Only the largest face of each is read."), key="photo_oneself"
    ):
        st.info(
            t(
                "Work and education in the European Union must not infer the emotions of others "
                "from their faces. The page About shows the purpose of this installation."
            )
        )
        return None
    return visitor_analyzer()


def _read_pictures(analyzer: Analyzer) -> None:
    """Read the waiting pictures, and redraw the page if any picture was read.

    This is called at the end of the page, so that the progress bar moves no other element.

    Args:
        analyzer: the analyzer with the visitor's profiles.
    """
    waiting = count_waiting()
    if not waiting:
        return
    progress, count = st.empty(), 0

    def show_progress(kept: KeptPicture) -> None:
        nonlocal count
        text = t("{name}: picture {n} of {all}", name=kept.name, n=count + 1, all=waiting)
        progress.progress(count / waiting, text=plain(text))
        count += 1

    oneself = not allows(Activity.READ_OTHERS)
    if read_waiting(analyzer, oneself=oneself, show_progress=show_progress):
        st.rerun()
    progress.empty()
    st.button(t("Try again"), key="media_again")


def _show_queue(jobs: list[VideoJob]) -> None:
    st.subheader(t("Queue"))
    is_reading = any(not job.finished for job in jobs)
    st.fragment(_queue, run_every=1.0 if is_reading else None)(_content(jobs))


def _content(jobs: list[VideoJob]) -> list[tuple[str, bool]]:
    """Return the id of each file in the queue, and whether it is finished; a picture always is."""
    pictures = [(kept.id, True) for kept in kept_pictures()]
    return pictures + [(job.record.id, job.finished) for job in jobs]


def _queue(shown: list[tuple[str, bool]]) -> None:
    """Draw a row for each file; redraw the whole page when a file is added, removed or finished."""
    jobs = shown_videos()
    if _content(jobs) != shown:
        st.rerun()
    for kept in kept_pictures():
        _row(kept.id, kept.name, _picture_state(kept), share=None)
    for job in jobs:
        share = None if job.finished else job.record.share or 0.0
        _row(job.record.id, job.name, state_text(job), share=share)


def _row(item_id: str, name: str, state: str, *, share: float | None) -> None:
    left, middle, right = st.columns([4, 6, 2], vertical_alignment="center")
    left.markdown(f"**{plain(name)}**")
    if share is None:
        middle.markdown(state)
    else:
        middle.progress(share, text=state)
    # The label of a button contains the name of its file, so that buttons can be told apart.
    shown = plain(name)
    label = t("Remove {name}", name=shown) if share is None else t("Cancel {name}", name=shown)
    right.button(
        label,
        key=f"remove{item_id}",
        help=t("Remove {name} and its results", name=name),
        on_click=_remove if share is None else _cancel,
        args=(item_id,),
        width="stretch",
    )


def _remove(item_id: str) -> None:
    remove_picture(item_id)
    remove_video(item_id)


def _cancel(job_id: str) -> None:
    try:
        videos().cancel(job_id)
    except RoomreadError as error:
        st.session_state[_PROBLEMS] = [message_for(error, load_settings())]


def _picture_state(kept: KeptPicture) -> str:
    if isinstance(kept.result, PictureResult):
        return faces_text(len(kept.result.readings))
    if kept.result is None:
        return t("waiting")
    return plain(message_for(kept.result, load_settings()))


def _show_table(rows: list[ResultRow]) -> None:
    st.subheader(t("All results"))
    table = [
        {
            t("file"): row.file,
            t("number"): str(row.number),
            t("expression"): label_text(row.expression),
            **{expression_name(e): _share(row, e) for e in BY_VALENCE},
            t("seconds read"): "" if row.seconds is None else str(row.seconds),
        }
        for row in rows
    ]
    show_table(table, name=t("All results"), key="media_table")
    st.caption(
        t(
            "Each row is a face in a photo, numbered like its box, or a person in a video, with "
            "the mean of the seconds in which they could be read."
        )
    )


def _share(row: ResultRow, expression: Expression) -> str:
    return probability(row.scores[expression]) if row.scores is not None else ""


def _offer_downloads(
    rows: list[ResultRow], pictures: list[PictureResult], ended: list[VideoJob]
) -> None:
    # Create each file only when it is downloaded, because the page is redrawn at every click.
    with st.container(horizontal=True, vertical_alignment="center"):
        copies = st.checkbox(t("with annotated copies"), value=True, key="media_copies")
        st.download_button(
            t("Everything (ZIP)"),
            partial(_archive, pictures, ended, annotated=copies),
            file_name="roomread.zip",
            mime="application/zip",
            type="primary",
            on_click="ignore",
        )
        st.download_button(
            t("This table (CSV)"),
            partial(table_csv, rows),
            file_name="table.csv",
            mime="text/csv",
            on_click="ignore",
        )
        if pictures:
            for label, make, suffix, mime in (
                (t("Photos' readings (CSV)"), readings_csv, "csv", "text/csv"),
                (t("Photos' readings (JSON)"), readings_json, "json", "application/json"),
            ):
                st.download_button(
                    label,
                    partial(make, pictures),
                    file_name=f"readings.{suffix}",
                    mime=mime,
                    on_click="ignore",
                )


def _archive(pictures: list[PictureResult], ended: list[VideoJob], *, annotated: bool) -> bytes:
    with tempfile.TemporaryDirectory(prefix="roomread-") as folder:
        path = Path(folder) / "roomread.zip"
        with path.open("wb") as file:
            write_archive(file, pictures, ended, annotated=annotated)
        return path.read_bytes()


def _show_one(ended: list[VideoJob], analyzer: Analyzer | None) -> None:
    """Let the visitor choose one file, and show its picture or its charts."""
    by_id = {
        kept.id: kept.result for kept in kept_pictures() if isinstance(kept.result, PictureResult)
    }
    jobs = {job.record.id: job for job in ended}
    ids = [*by_id, *jobs]
    wanted = st.query_params.pop("job", "") or st.session_state.get(_CHOSEN, "")
    names = {item: each.frame.source for item, each in by_id.items()}
    names |= {item: job.name for item, job in jobs.items()}
    st.subheader(t("One file"))
    # A file that is still being read is chosen once its results are available.
    chosen = st.selectbox(
        t("Show"),
        ids,
        index=ids.index(wanted) if wanted in ids else 0,
        format_func=lambda item: names[item],
    )
    if chosen in by_id:
        picture = by_id[chosen]
        face = show_faces(picture, key=f"faces{chosen}")
        if face is not None:
            show_details(st.container(), face, key=f"details{chosen}")
            if analyzer is not None:
                offer_explanation(kept_picture(chosen), face, analyzer)
        st.download_button(
            t("Annotated picture"),
            # Create the copy only when it is downloaded.
            picture.make_copy,
            file_name=f"{PurePath(picture.frame.source).stem}.annotated.png",
            mime="image/png",
            on_click="ignore",
        )
    elif chosen in jobs:
        show_video(jobs[chosen])
