"""Navigate between pages, and between items within a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

import streamlit as st
from streamlit.navigation.page import StreamlitPage


def go_to(**shown: str) -> None:
    """Show one item of a page and put its id into the URL, so that a reload shows it again."""
    st.query_params.from_dict(shown)
    st.rerun()


def set_pages(pages: Mapping[str, StreamlitPage]) -> None:
    """Set the pages to which `switch_to` can switch, by the last part of their URLs."""
    st.session_state["pages"] = dict(pages)


def switch_to(page: str, **shown: str) -> NoReturn:
    """Switch to another page.

    Args:
        page: the last segment of the page's URL, such as "watch".
        shown: the query parameters of the URL, which name the item to show on the page.
    """
    st.switch_page(st.session_state["pages"][page], query_params=shown)
