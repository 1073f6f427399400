"""The videos of the "Photos and videos" page, which are read in the background."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from roomread.formats.score_charts import people_chart, room_chart
from roomread.jobs.video_job import VideoJob
from roomread.room import clock
from roomread.services.videos import VideoService
from roomread.store import JobState
from roomread.web.engine import engine
from roomread.web.messages import bold, plain, problem_text
from roomread.web.svg import show_svg
from roomread.web.texts import t, tn, words
from roomread.web.vanished import names_of_vanished
from roomread.web.visitor import owner

_KNOWN = "media_videos"


def videos() -> VideoService:
    """Return the service that reads and stores the visitor's videos."""
    return VideoService(engine().job_queue, owner())


def shown_videos() -> list[VideoJob]:
    """Return the videos that the page lists: uploads and paths, but not recordings of lessons."""
    return [job for job in videos().all() if job.record.annotated]


def show_deleted(jobs: list[VideoJob]) -> None:
    """Show which videos of this visit were deleted since the page was last drawn.

    Args:
        jobs: the videos that still exist.
    """
    names = names_of_vanished(_KNOWN, {job.record.id: job.name for job in jobs})
    if names:
        st.warning(
            t(
                "No longer kept: {names}. Results are deleted an hour after a video was read, or "
                "earlier if their space is needed.",
                names=names,
            )
        )


def remove_video(job_id: str) -> None:
    """Delete a video and its results; a no-op if they were deleted before."""
    st.session_state.get(_KNOWN, {}).pop(job_id, None)
    if any(job.record.id == job_id for job in videos().all()):
        videos().forget(job_id)


def state_text(job: VideoJob) -> str:
    """Describe how much of a video has been read, or until when its results are kept."""
    record = job.record
    if record.state is JobState.WAITING:
        before = videos().waiting_before(record.id)
        return tn("waiting: 1 video before it", "waiting: {n} videos before it", before)
    if not job.finished:
        read = clock(record.seconds)
        text = t("{time} read", time=read)
        if record.duration:
            text = t("{read} of {whole} read", read=read, whole=clock(record.duration))
        remaining = record.remaining()
        if remaining is not None:
            text += ", " + t("about {time} left", time=clock(remaining))
        return text
    until = videos().kept_until(job)
    kept = "" if until is None else t("kept until {time}", time=_time_of_day(until))
    if record.error:
        return f"{plain(problem_text(record.error))} · {kept}"
    if record.state is JobState.CANCELLED:
        return t("cancelled after {time}", time=clock(record.seconds)) + f" · {kept}"
    return t("{time} read", time=clock(record.seconds)) + f" · {kept}"


def show_video(job: VideoJob) -> None:
    """Draw the results of a video that has ended.

    Args:
        job: the video.
    """
    rows = job.timeline()
    if rows:
        st.markdown(bold(t("All people together")))
        show_svg(room_chart(rows, words=words()), key="video_room")
        st.markdown(bold(t("Each person: the likeliest expression of each second")))
        show_svg(people_chart(rows, words=words()), key="video_people")
        st.caption(
            t(
                "A face keeps its number while it is followed. Faces of uploads are not "
                "compared, so a person who leaves the picture and returns gets another number."
            )
        )
    elif not job.record.error:
        st.info(t("No readable face was found."))
    if job.annotated.exists():
        st.video(job.annotated, alt=t("{name} with boxes and labels", name=job.name))
    _offer_files(job)


def _offer_files(job: VideoJob) -> None:
    files = {
        t("Annotated video"): (job.annotated, "video/mp4"),
        t("Readings as CSV"): (job.folder / "readings.csv", "text/csv"),
        t("Readings as JSON lines"): (job.folder / "readings.jsonl", "application/x-ndjson"),
    }
    with st.container(horizontal=True):
        for label, (path, mime) in files.items():
            if path.exists() and path.stat().st_size:
                st.download_button(
                    label,
                    path.read_bytes,
                    file_name=f"{Path(job.name).stem}.{path.name}",
                    mime=mime,
                    on_click="ignore",
                )


def _time_of_day(seconds: float) -> str:
    """Return the time of day in the visitor's time zone, such as 14:05."""
    try:
        zone = ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    return datetime.fromtimestamp(seconds, zone).strftime("%H:%M")
