"""Name the people of sessions with their consent, and delete their data."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from roomread.errors import SessionError
from roomread.store import OperatorStore, OwnerStore, Session


def show_people(store: OwnerStore, session: Session, seats: list[int]) -> None:
    """Draw the named people of a session, a form to name one, and a form to forget one.

    Args:
        store: the store of the session.
        session: a session that keeps people.
        seats: the seats that occur in it.
    """
    st.subheader("People")
    # Escape the text, which a person typed and which may contain Markdown.
    st.text(f"Readings of single people are kept with this consent: {session.consent}")
    # Create it even if it is empty, so that the forms below keep their position and stay open.
    named = st.container()
    people = store.people(session.id)
    if people:
        rows = [(p.seat, p.name, p.consent, f"{p.consented_at:%Y-%m-%d}") for p in people]
        columns = ["seat", "name", "how they consented", "recorded"]
        named.dataframe(pd.DataFrame(rows, columns=columns), hide_index=True)
    left, right = st.columns(2)
    with left.expander("Name a person"), st.form("enrol"):
        seat = st.selectbox("Seat", seats, key="enrol_seat")
        name = st.text_input("The person's name")
        consent = st.text_input("How this person agreed to be named", placeholder="a letter")
        if st.form_submit_button("Name"):
            try:
                store.enrol(session.id, seat, name, consent=consent)
            except SessionError as error:
                st.error(str(error))
            else:
                st.rerun()
    with right.expander("Forget a person"), st.form("forget"):
        seat = st.selectbox("Seat", seats, key="forget_seat")
        st.write("Deletes their readings, alerts and name in this session, for good.")
        if st.form_submit_button("Forget"):
            store.forget_seat(session.id, seat)
            st.rerun()


def show_purge(operator: OperatorStore) -> None:
    """Draw forms that delete old sessions, and all data of a person."""
    with st.expander("Delete old sessions, or a person everywhere"):
        with st.form("purge"):
            days = st.number_input("Sessions older than this many days", min_value=1, value=90)
            if st.form_submit_button("Delete them"):
                _say_deleted(len(operator.purge(days=days)), "session")
        with st.form("forget_name", clear_on_submit=True):
            name = st.text_input("Everything that is kept of the person called")
            if st.form_submit_button("Forget them") and name.strip():
                _say_deleted(operator.forget_name(name.strip()), "seat")


def _say_deleted(count: int, what: str) -> None:
    st.success(f"{count} {what}{'s' if count != 1 else ''} deleted")
