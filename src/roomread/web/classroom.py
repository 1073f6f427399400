"""The class: a session started on a source, watched while it runs, and old ones opened."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st

from roomread.errors import DatabaseError, RoomreadError
from roomread.formats.session_charts import (
    coverage_chart,
    expression_chart,
    seat_chart,
    valence_chart,
)
from roomread.formats.session_export import Format, export
from roomread.formats.session_report import session_report
from roomread.media import VIDEO_SUFFIXES
from roomread.readings import Expression, percent
from roomread.room import DEFAULT_RULES, MIN_PEOPLE, RoomMood, clock
from roomread.services.background_recording import Lesson, Recording, RecordingQueue
from roomread.settings.environment import Settings, load_settings
from roomread.store import Mark, OwnerStore, Session, State, Store
from roomread.store.summary import Summary, seat_map, summarise, time_series
from roomread.web.class_people import show_people, show_purge
from roomread.web.engine import engine
from roomread.web.messages import message_for
from roomread.web.navigation import go_to
from roomread.web.svg import show_svg
from roomread.web.uploads import upload_types
from roomread.web.visitor import is_signed_in, owner

_EVERY = 0.5
_VALENCE_HELP = (
    "The share of pleasant expressions minus the share of unpleasant ones. The band is the 95 % "
    "interval, the dashed line what was usual in the ten minutes before, a triangle a lasting "
    "change, a circle an alert."
)


@st.cache_resource(on_release=RecordingQueue.close)
def _board(_settings: Settings, url: str) -> RecordingQueue:
    del url  # what the cache goes by
    return RecordingQueue(Store(_settings.sessions_url), lambda: engine().analyzer)


def show() -> None:
    """The page."""
    st.title("Class")
    settings = load_settings()
    if not settings.local_files and not is_signed_in():
        st.info(
            "Sessions are for the user of the app's own computer: everybody who can open this page "
            "could read them. `roomread serve --sign-in` gives each user their own; "
            "ROOMREAD_LOCAL_FILES=true says that all visitors may share one user's."
        )
        return
    try:
        board = _board(settings, settings.sessions_url)
        store = board.store.owned_by(owner())
        session_id = st.query_params.get("session", "")
        if session_id:
            _show_session(board, store, store.session(session_id))
        else:
            _ask(board, store, settings)
            _list(store, board.store)
    except RoomreadError as error:
        st.error(message_for(error, settings))
        if st.button("All sessions", key="after_error"):
            go_to()


def _ask(board: RecordingQueue, store: OwnerStore, settings: Settings) -> None:
    st.subheader("Record a lesson")
    name = st.text_input("Name", placeholder="Algebra 7b")
    # A visitor has files of their own, and no other place of the app's computer.
    columns = st.columns(2 if settings.local_files else 1)
    upload = columns[0].file_uploader(
        "A recording",
        type=upload_types(VIDEO_SUFFIXES),
        max_upload_size=settings.max_upload_mb,
    )
    place = ""
    if settings.local_files:
        place = (
            columns[1]
            .text_input(
                "or a path, a camera's number, or a URL", placeholder="0 is the first camera"
            )
            .strip()
        )
    with st.expander("Rules of attention"):
        rules = st.text_area("One a line", DEFAULT_RULES, height=170)
    consent, identity = "", False
    keep = st.checkbox("Keep the readings of single people, by seat number")
    if keep:
        consent = st.text_input("Who consented, and how", placeholder="all 28, in writing, 2 Sept.")
        identity = bool(place) and st.checkbox("Tell people apart by their faces")
    if identity:
        st.caption(
            "Then people keep their number when tiles move, and when they leave and return. What "
            "faces are compared by is biometric data: it stays in memory while this records and is "
            "never written. The consent must cover it."
        )
    if not keep:
        st.caption("Only the room's figures are kept: nothing of single people, no picture.")
    ready = bool(name.strip() and (upload is not None or place) and (consent.strip() or not keep))
    st.caption(
        "In the European Union it is prohibited to infer emotions in education or at work, except "
        "for medical or safety reasons; elsewhere too, ask the people you film."
    )
    if st.button("Start", type="primary", disabled=not ready):
        asked = Lesson(name, every=_EVERY, rules=rules, consent=consent, identity=identity)
        with st.spinner("Opening …"):
            if upload is not None:
                session = board.read(upload.name, upload.getvalue(), asked, store, engine().board)
            else:
                session = board.start(place, asked, store)
        go_to(session=session.id)


def _list(store: OwnerStore, everything: Store) -> None:
    st.subheader("Sessions")
    if not store.sessions():
        st.caption("None is kept yet.")
        return
    # Above the forms on the page, and drawn after them: what they delete is not listed.
    listing = st.container()
    if not is_signed_in():
        # Both reach everybody's sessions.
        show_purge(everything.operator)
    with listing:
        _list_all(store.sessions())


def _list_all(sessions: list[Session]) -> None:
    for session in sessions[:50]:
        day = session.started_at.astimezone().strftime("%Y-%m-%d %H:%M")
        columns = st.columns([4, 3, 2, 2], vertical_alignment="center")
        columns[0].markdown(f"**{_plain(session.name)}**")
        columns[1].write(day)
        columns[2].write(session.state().value)
        if columns[3].button("Open", key=f"open{session.id}"):
            go_to(session=session.id)
    if len(sessions) > 50:
        st.caption(f"{len(sessions) - 50} older ones: `roomread session list`.")


def _plain(text: str) -> str:
    """A person's words without what Markdown would make of them."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]()#+-.!|<>$~:" else c for c in text)


def _show_session(board: RecordingQueue, store: OwnerStore, session: Session) -> None:
    st.subheader(_plain(session.name))
    recording = board.get(session.id)
    if recording is not None and recording.running:
        _show_live(store, recording)
        return
    if recording is not None and recording.error:
        st.error(message_for(recording.error, load_settings()))
    if session.state() is State.INTERRUPTED:
        how = "" if is_signed_in() else " `roomread session record --resume` goes on."
        st.warning(f"The recording was interrupted.{how}")
    _show_kept(store, session)


@st.fragment(run_every=1.0)
def _show_live(store: OwnerStore, recording: Recording) -> None:
    if not recording.running:
        st.rerun()
    if recording.duration:
        share = min(recording.seconds / recording.duration, 1.0)
        st.progress(share, text=f"{clock(recording.seconds)} of {clock(recording.duration)} read")
    else:
        st.caption(f"{clock(recording.seconds)} recorded")
    if recording.trouble:
        told = message_for(DatabaseError(recording.trouble), load_settings())
        st.error(f"{told.rstrip('.')}. What comes meanwhile is kept in memory and written later.")
    _show_mood(recording.mood)
    for alert in recording.alerts:
        st.warning(f"{alert.why} ({percent(alert.sure)} sure; {alert.rule})")
    left, middle, right = st.columns([4, 1, 1], vertical_alignment="bottom")
    label = left.text_input("What begins now", placeholder="group work", key="mark_label")
    if middle.button("Mark", disabled=not label.strip(), width="stretch"):
        store.mark(recording.session.id, [Mark(recording.seconds, label)])
    if right.button("Stop", width="stretch"):
        recording.stop()
    _show_charts(store, recording.session)


def _show_mood(mood: RoomMood | None) -> None:
    if mood is None:
        st.info("The first figure comes after three frames.")
        return
    readable, valence, trend, shown = st.columns(4)
    readable.metric(
        "Faces readable", f"{mood.readable} of {mood.present}", help="Only these are read."
    )
    interval = mood.valence_interval
    if mood.scores is None or interval is None or mood.valence is None:
        st.info(f"No figure of what is shown: fewer than {MIN_PEOPLE} people are readable.")
        return
    valence.metric("Valence", f"{mood.valence:+.2f}", help="Pleasant minus unpleasant share.")
    valence.caption(f"95 %: {interval.low:+.2f} to {interval.high:+.2f}")
    beside = "not yet" if mood.trend is None else f"{mood.trend:+.2f}"
    trend.metric("Trend", beside, help="Beside what was usual in the ten minutes before.")
    trend.caption(str(mood.direction or "it takes three minutes"))
    top = Expression(int(mood.scores.argmax()))
    shown.metric("Mostly", f"{top} {percent(mood.scores[top])}")


def _show_charts(store: OwnerStore, session: Session) -> Summary:
    """Draw the charts of the room, the same as in the report, and return the summary."""
    moods, marks = store.moods(session.id), store.marks(session.id)
    summary = summarise(moods, marks)
    if moods:
        series, alerts = time_series(moods), store.alerts(session.id)
        valence = valence_chart(series, marks=marks, changes=summary.changes, alerts=alerts)
        st.markdown("**Valence of the room**", help=_VALENCE_HELP)
        show_svg(valence, key="valence")
        st.markdown("**Expressions**")
        show_svg(expression_chart(series), key="expressions")
        st.markdown("**Who could be read**")
        show_svg(coverage_chart(series), key="coverage")
    return summary


def _show_kept(store: OwnerStore, session: Session) -> None:
    summary = _show_charts(store, session)
    if summary.whole is None:
        st.info("Nothing was recorded: a figure needs three frames or more.")
    fall = summary.deepest_fall
    if fall is not None:
        part = summary.part_at(fall.time)
        during = f", during “{part.label}”" if part is not None else ""
        st.warning(
            f"The valence fell most at {clock(fall.time)}, from {fall.before:+.2f} to "
            f"{fall.after:+.2f}{during}. That is when it happened, not why."
        )
    if summary.parts:
        st.dataframe(_parts_table(summary), hide_index=True)
    alerts = store.alerts(session.id)
    if alerts:
        st.subheader("Alerts")
        rows = [(clock(a.time), a.why, percent(a.sure), a.rule) for a in alerts]
        table = pd.DataFrame(rows, columns=["when", "what was seen", "sure", "rule"])
        st.dataframe(table, hide_index=True)
    names = {person.seat: person.name for person in store.people(session.id)}
    readings = store.readings(session.id)
    seats = seat_map(readings, names)
    if seats is not None:
        st.subheader("Seats")
        show_svg(seat_chart(seats), key="seats")
        st.caption(
            "A row is a number: a seat or a tile, not a face, unless people were told apart by "
            "their faces."
        )
    if session.keeps_people and len(readings):
        show_people(store, session, sorted(set(readings.seats.tolist())))
    _add_mark(store, session)
    _offer(store, session)


def _parts_table(summary: Summary) -> pd.DataFrame:
    rows = []
    for part in summary.parts:
        row: dict[str, object] = {
            "part": part.label,
            "from": clock(part.start),
            "to": clock(part.end),
            "present": round(part.present),
            "readable": f"{part.coverage:.0%}",
        }
        if part.valence is not None and part.interval is not None and part.scores is not None:
            row |= {
                "valence": f"{part.valence:+.2f}",
                "interval": f"{part.interval.low:+.2f} to {part.interval.high:+.2f}",
            } | {e.display_name: f"{part.scores[e]:.0%}" for e in Expression}
        rows.append(row)
    return pd.DataFrame(rows)


def _add_mark(store: OwnerStore, session: Session) -> None:
    with st.expander("Mark a part"), st.form("mark", clear_on_submit=True):
        left, right = st.columns([1, 4])
        minute = left.number_input("at minute", min_value=0.0, step=0.5)
        label = right.text_input("What began")
        if st.form_submit_button("Mark") and label.strip():
            store.mark(session.id, [Mark(60 * minute, label)])
            st.rerun()


def _exported(store: OwnerStore, session_id: str, form: Format) -> bytes:
    with tempfile.TemporaryDirectory(prefix="roomread-") as folder:
        path = Path(folder) / f"session.{form}"
        export(store, session_id, form, path)
        return path.read_bytes()


def _offer(store: OwnerStore, session: Session) -> None:
    st.subheader("Take it with you")
    columns = st.columns(4)
    # Each is made when it is asked for: the page is drawn anew at every click.
    for column, label, make, suffix, mime in (
        (columns[0], "Report", partial(session_report, store, session.id), "html", "text/html"),
        (columns[1], "CSV", partial(_exported, store, session.id, Format.CSV), "csv", "text/csv"),
        (
            columns[2],
            "JSON",
            partial(_exported, store, session.id, Format.JSON),
            "json",
            "application/json",
        ),
    ):
        column.download_button(
            label, make, file_name=f"{session.id}.{suffix}", mime=mime, on_click="ignore"
        )
    with columns[3].popover("Delete"):
        st.write("Deletes everything that is kept of this session, for good.")
        if st.button("Delete it", type="primary"):
            store.delete(session.id)
            go_to()
    if st.button("All sessions"):
        go_to()
