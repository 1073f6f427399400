from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

import streamlit as st

from roomread.web.vanished import names_of_vanished


def test_items_that_disappeared_are_named_once_with_markdown_escaped() -> None:
    st.session_state.pop("test_items", None)
    assert names_of_vanished("test_items", {"1": "a_b", "2": "c", "3": "d"}) == ""
    assert names_of_vanished("test_items", {"2": "c", "4": "e"}) == "a\\_b, d"
    assert names_of_vanished("test_items", {"2": "c", "4": "e"}) == ""
