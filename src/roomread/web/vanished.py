"""Find items that a page showed before and that no longer exist."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from roomread.web.messages import plain


def names_of_vanished(key: str, present: Mapping[str, str]) -> str:
    """Return the names of items that vanished since the last call, escaped for Markdown.

    Args:
        key: the key under which the state of the visit stores the items.
        present: the names of the items that exist now, by id.

    Returns:
        The names with commas between them; empty if nothing has vanished.
    """
    known: dict[str, str] = st.session_state.setdefault(key, {})
    gone = [known.pop(item_id) for item_id in [*known] if item_id not in present]
    known |= present
    return ", ".join(plain(name) for name in gone)
