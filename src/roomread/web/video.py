"""The page Video: read a video in the background, chart it over time, and offer its files."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from roomread.errors import RoomreadError, without_credentials
from roomread.formats.score_charts import people_chart, room_chart
from roomread.jobs.video_job import VideoJob
from roomread.media import VIDEO_SUFFIXES
from roomread.room import clock
from roomread.services.videos import VideoNotFoundError, VideoService
from roomread.settings.environment import load_settings
from roomread.store import JobState
from roomread.web.engine import engine
from roomread.web.navigation import go_to
from roomread.web.svg import show_svg
from roomread.web.uploads import upload_types
from roomread.web.visitor import owner, visitor_profiles


def _videos() -> VideoService:
    return VideoService(engine().job_queue, owner())


def show() -> None:
    """Draw the page."""
    st.title("Video")
    job_id = st.query_params.get("job", "")
    if not job_id:
        _ask()
        return
    try:
        job = _videos().get(job_id)
    except VideoNotFoundError:
        st.warning(
            "This video is no longer kept. Finished ones are deleted after an hour, or earlier "
            "if the space is needed."
        )
        _ask()
        return
    st.subheader(without_credentials(job.record.name))
    if not job.finished:
        _show_progress(job_id)
        return
    _show_result(job)
    if st.button("Another video"):
        _videos().forget(job_id)
        go_to()


def _ask() -> None:
    settings = load_settings()
    upload = st.file_uploader(
        "A video",
        type=upload_types(VIDEO_SUFFIXES),
        max_upload_size=settings.max_upload_mb,
    )
    place = ""
    if settings.local_files:
        place = st.text_input("or a path or URL that the app's computer can reach").strip()
    if not st.button("Read it", type="primary", disabled=upload is None and not place):
        st.info("The video is read on the app's computer; its copy is deleted an hour later.")
        return
    profiles = visitor_profiles()
    try:
        if upload is not None:
            job_id = _videos().submit(upload.name, upload.getvalue(), profiles=profiles)
        else:
            job_id = _videos().submit_place(place, profiles=profiles)
    except RoomreadError as error:
        st.error(str(error))
        return
    go_to(job=job_id)


@st.fragment(run_every=1.0)
def _show_progress(job_id: str) -> None:
    try:
        job = _videos().get(job_id)
    except VideoNotFoundError:
        st.rerun()
    if job.finished:
        st.rerun()
    before = _videos().waiting_before(job_id)
    record = job.record
    if record.state is JobState.WAITING:
        st.info(f"Waiting: {before} video{'s' if before != 1 else ''} before this one.")
    else:
        text = f"{clock(record.seconds)} read"
        if record.duration:
            text = f"{clock(record.seconds)} of {clock(record.duration)} read"
        remaining = record.remaining()
        if remaining is not None:
            text += f", about {clock(remaining)} left"
        st.progress(record.share or 0.0, text=text)
    st.caption("You may close this page. Its address shows this video again.")
    if st.button("Cancel"):
        _videos().cancel(job_id)


def _show_result(job: VideoJob) -> None:
    record = job.record
    if record.error:
        st.error(record.error)
    elif record.state is JobState.CANCELLED:
        st.warning(f"Cancelled after {clock(record.seconds)}. This is what was read until then.")
    for note in job.notes():
        st.info(note)
    rows = job.timeline()
    if not rows:
        if not record.error:
            st.info("No readable face was found.")
    else:
        st.subheader("The room")
        show_svg(room_chart(rows), key="room")
        st.subheader("Each person")
        show_svg(people_chart(rows), key="people")
        st.caption("The likeliest expression of each second.")
    _offer_files(job)


def _offer_files(job: VideoJob) -> None:
    if job.annotated.exists():
        st.video(job.annotated)
    files = {
        "Annotated video": (job.annotated, "video/mp4"),
        "CSV": (job.folder / "readings.csv", "text/csv"),
        "JSON lines": (job.folder / "readings.jsonl", "application/x-ndjson"),
    }
    for label, (path, mime) in files.items():
        if path.exists() and path.stat().st_size:
            st.download_button(
                label,
                path.read_bytes(),
                file_name=f"{Path(job.record.name).stem}.{path.name}",
                mime=mime,
                on_click="ignore",
            )
