"""The "People" tab of a lesson: chart the valence at each seat, name people, delete their data."""

from __future__ import annotations

import streamlit as st

from roomread.errors import DatabaseError, RoomreadError
from roomread.formats.seat_chart import explanation
from roomread.formats.session_charts import Span
from roomread.settings.environment import load_settings
from roomread.store import OperatorStore, OwnerStore, Person, Session
from roomread.store.packing import StoredReadings
from roomread.store.summary import seat_map
from roomread.web.messages import message_for, plain
from roomread.web.seats import show_seats
from roomread.web.texts import day_of, t, tn, words

_FORGOTTEN, _PURGED = "seat_forgotten", "purged"


def show_people(
    store: OwnerStore, session: Session, readings: StoredReadings, *, span: Span
) -> None:
    """Draw the valence of each seat over time, and controls that name or forget the chosen seat.

    A seat is the numbered place of one person in the room.

    Args:
        store: the store of the session.
        session: a session that stores readings of individual people.
        readings: the readings of the session.
        span: the start and end of the lesson's charts, s.
    """
    # Escape the text, which a person typed and which may contain Markdown.
    st.text(
        t(
            "Readings of individual people are kept with this consent: {consent}",
            consent=session.consent,
        )
    )
    people = {person.seat: person for person in store.people(session.id)}
    seats = seat_map(readings, {seat: person.name for seat, person in people.items()})
    if seats is not None:
        show_seats(seats, span=span, key=f"seats{session.id}", choice=f"seat{session.id}")
        st.caption(explanation(words()))
    _show_outcome(_FORGOTTEN)
    chosen = st.selectbox(
        t("Seat"),
        sorted(set(readings.seats.tolist())),
        index=None,
        placeholder=t("Choose a seat to name or forget it"),
        format_func=lambda seat: _seat_name(seat, people),
        key=f"seat{session.id}",
    )
    if chosen is None:
        return
    _show_consent(people.get(chosen))
    count = int((readings.seats == chosen).sum())
    left, right = st.columns(2)
    with left:
        _ask_name(store, session, chosen)
    with right:
        _offer_to_forget(store, session, chosen, count)


def _seat_name(seat: int, people: dict[int, Person]) -> str:
    name = people[seat].name if seat in people else ""
    return f"{seat} · {name}" if name else str(seat)


def _show_consent(person: Person | None) -> None:
    if person is None:
        st.caption(t("This seat has no name."))
        return
    day = day_of(person.consented_at)
    st.markdown(
        t(
            "**{name}** agreed to be named: {consent} (recorded on {day})",
            name=plain(person.name),
            consent=plain(person.consent),
            day=day,
        )
    )


def _ask_name(store: OwnerStore, session: Session, seat: int) -> None:
    with st.form(f"enrol{seat}"):
        name = st.text_input(t("The person's name"))
        consent = st.text_input(t("How this person agreed to be named"), placeholder=t("a letter"))
        if st.form_submit_button(t("Name this seat")):
            try:
                store.enrol(session.id, seat, name, consent=consent)
            except RoomreadError as error:
                st.error(message_for(error, load_settings()))
            else:
                st.rerun()


def _offer_to_forget(store: OwnerStore, session: Session, seat: int, count: int) -> None:
    with st.container(border=True):
        st.write(
            tn(
                "Forgetting seat {seat} deletes its reading, alerts and name in this lesson, for "
                "good.",
                "Forgetting seat {seat} deletes its {n} readings, alerts and name in this lesson, "
                "for good.",
                count,
                seat=seat,
            )
        )
        st.button(
            t("Forget seat {seat}", seat=seat),
            key=f"forget{seat}",
            on_click=_forget,
            args=(store, session, seat, count),
        )


def _forget(store: OwnerStore, session: Session, seat: int, count: int) -> None:
    """Delete the data of a seat and deselect the seat, so that a second click deletes nothing."""
    try:
        store.forget_seat(session.id, seat)
    except RoomreadError as error:
        st.session_state[_FORGOTTEN] = message_for(error, load_settings()), False
        return
    st.session_state[f"seat{session.id}"] = None
    text = tn(
        "Seat {seat} is forgotten: {n} reading was deleted.",
        "Seat {seat} is forgotten: {n} readings were deleted.",
        count,
        seat=seat,
    )
    st.session_state[_FORGOTTEN] = text, True


def _show_outcome(key: str) -> None:
    """Draw the result of the last button press, or its error, and discard it."""
    text, done = st.session_state.pop(key, ("", True))
    if text:
        (st.success if done else st.error)(text)


def show_purge(operator: OperatorStore) -> None:
    """Draw controls that delete old lessons or a person's data, and show how much they delete."""
    with st.expander(t("Delete old lessons, or a person in all lessons")):
        _show_outcome(_PURGED)
        days = st.number_input(
            t("Lessons older than this many days"), min_value=1, value=90, key="purge_days"
        )
        count = len(operator.expired(days=days))
        if count:
            st.button(
                tn("Delete this lesson", "Delete these {n} lessons", count),
                key="purge",
                on_click=_purge,
                args=(operator, days),
            )
        else:
            st.caption(t("No lesson is that old."))
        name = st.text_input(t("All data of the person named"), key="forget_name").strip()
        if not name:
            return
        seats = operator.seats_named(name)
        if seats:
            st.button(
                tn("Forget this seat", "Forget these {n} seats", seats),
                key="forget_everywhere",
                on_click=_forget_everywhere,
                args=(operator, name),
            )
        else:
            st.caption(t("No seat has this name."))


def _purge(operator: OperatorStore, days: float) -> None:
    try:
        count = len(operator.purge(days=days))
    except DatabaseError as error:
        st.session_state[_PURGED] = message_for(error, load_settings()), False
        return
    st.session_state[_PURGED] = tn("1 lesson deleted", "{n} lessons deleted", count), True


def _forget_everywhere(operator: OperatorStore, name: str) -> None:
    try:
        count = operator.forget_name(name)
    except RoomreadError as error:
        st.session_state[_PURGED] = message_for(error, load_settings()), False
        return
    st.session_state[_PURGED] = tn("1 seat forgotten", "{n} seats forgotten", count), True
    st.session_state["forget_name"] = ""
