"""The address of what a page shows."""

from __future__ import annotations

import streamlit as st


def go_to(**shown: str) -> None:
    """Show one thing of a page and put it into the address, so that a reload shows it again."""
    st.query_params.from_dict(shown)
    st.rerun()
