"""The list of stored lessons, which can be searched, compared, exported and deleted."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from functools import partial

import streamlit as st

from roomread.errors import SessionNotFoundError
from roomread.formats.comparison_chart import MOST_LESSONS
from roomread.room.session import State
from roomread.services.exporting import export_archive
from roomread.services.retention import kept_days
from roomread.settings.environment import load_settings
from roomread.store import OwnerStore, Session, SessionHeading
from roomread.web.messages import plain
from roomread.web.navigation import go_to
from roomread.web.texts import day_and_time, day_of, t, tn, words
from roomread.web.vanished import names_of_vanished

_KNOWN, _DELETED, _CHOSEN = "lessons_known", "lessons_deleted", "lessons_chosen"
# Maximum number of lessons that are drawn; the search finds the others.
_SHOWN = 50


def show_lessons(store: OwnerStore) -> None:
    """Draw the stored lessons, the newest first.

    Args:
        store: the lessons of the visitor.
    """
    st.subheader(t("Stored lessons"))
    newest = store.sessions(limit=_SHOWN)
    _say_what_is_gone(store, newest)
    if not newest:
        st.caption(t("No lesson is stored yet."))
        return
    days = kept_days(store, days=load_settings().retention_days)
    if days is not None:
        st.caption(
            tn(
                "A lesson is deleted a day after its last change.",
                "A lesson is deleted {n} days after its last change.",
                round(days),
            )
        )
    wanted = st.text_input(
        t("Search"), placeholder=t("a name, a day or an activity"), key="lessons_search"
    )
    if wanted.strip():
        found = [each.id for each in store.listing.headings() if _matches(each, wanted)]
        shown, count = store.listing.with_ids(found[:_SHOWN]), len(found)
    else:
        shown, count = newest, store.listing.count()
    if not shown:
        st.info(t("No lesson has these words."))
        return
    for lesson in shown:
        _row(lesson, days)
    if count > _SHOWN:
        st.caption(t("{n} older ones are not shown: search for them.", n=count - _SHOWN))
    _offer_actions(store, [each for each in shown if st.session_state.get(_choice(each))])


def _matches(lesson: SessionHeading, wanted: str) -> bool:
    """Return whether all words of a search occur in the name, the day or the marks of a lesson."""
    marks = " ".join(lesson.labels)
    # A day can be written as the list shows it, or as YYYY-MM-DD.
    day = f"{day_and_time(lesson.started_at)} {lesson.started_at.astimezone():%Y-%m-%d}"
    text = f"{lesson.name} {day} {marks}".casefold()
    return all(word in text for word in wanted.casefold().split())


def _row(lesson: Session, days: float | None) -> None:
    choice, name, day, state = st.columns([1, 5, 3, 4], vertical_alignment="center")
    choice.checkbox(
        t("Choose {name}", name=plain(lesson.name)),
        key=_choice(lesson),
        label_visibility="collapsed",
    )
    if name.button(
        plain(lesson.name),
        key=f"open{lesson.id}",
        help=t("Open this lesson"),
        icon=":material/groups:",
        width="stretch",
    ):
        go_to(session=lesson.id)
    day.write(day_and_time(lesson.started_at))
    texts = {
        State.RECORDING: t("is being recorded"),
        State.INTERRUPTED: t("interrupted"),
        State.ENDED: t("ended"),
    }
    text = texts[lesson.state()]
    if days is not None:
        until = lesson.updated_at + timedelta(days=days)
        text += " · " + t("kept until {time}", time=day_of(until))
    state.write(text)


def _offer_actions(store: OwnerStore, chosen: list[Session]) -> None:
    """Draw the buttons that compare, export or delete the chosen lessons."""
    count = len(chosen)
    if not count:
        st.caption(t("Choose lessons to compare, export or delete them."))
        return
    ids = [lesson.id for lesson in chosen]
    with st.container(horizontal=True):
        if count > 1:
            most = MOST_LESSONS
            if st.button(
                t("Compare {n} lessons", n=count),
                disabled=count > most,
                help=t("At most {n} lessons can be compared.", n=most),
            ):
                go_to(compare=",".join(ids))
        st.download_button(
            tn("Export 1 lesson (ZIP)", "Export {n} lessons (ZIP)", count),
            partial(export_archive, store, ids, words=words()),
            file_name="lessons.zip",
            mime="application/zip",
            on_click="ignore",
        )
        with st.popover(tn("Delete 1 lesson", "Delete {n} lessons", count)):
            names = ", ".join(plain(lesson.name) for lesson in chosen)
            st.write(
                t(
                    "Permanently deletes all data of these lessons: {names}",
                    names=names,
                )
            )
            st.button(
                tn("Delete it", "Delete these {n} lessons", count),
                type="primary",
                on_click=delete_lessons,
                args=(store, ids),
            )


def delete_lessons(store: OwnerStore, ids: list[str]) -> None:
    """Delete lessons permanently; the list then shows how many were deleted.

    Args:
        store: the lessons of the visitor.
        ids: the ids of the lessons to delete.
    """
    known: dict[str, str] = st.session_state.get(_KNOWN, {})
    count = 0
    for lesson_id in ids:
        # The list reports a lesson that was deleted before, for example in another tab.
        with suppress(SessionNotFoundError):
            store.delete(lesson_id)
            known.pop(lesson_id, None)
            count += 1
    st.session_state[_DELETED] = tn("1 lesson deleted", "{n} lessons deleted", count)


def _say_what_is_gone(store: OwnerStore, newest: list[Session]) -> None:
    """Show which lessons of the list were deleted since the page was last drawn."""
    done = st.session_state.pop(_DELETED, "")
    if done:
        st.success(done)
    listed = {lesson.id: lesson.name for lesson in newest}
    older = st.session_state.get(_KNOWN, {}).keys() - listed
    kept = {lesson.id: lesson.name for lesson in store.listing.with_ids(older)} if older else {}
    names = names_of_vanished(_KNOWN, listed | kept)
    if names:
        st.warning(
            t("No longer stored, because they were deleted or too old: {names}", names=names)
        )


def _choice(lesson: Session) -> str:
    return f"{_CHOSEN}{lesson.id}"
