"""Make components whose scripts are files of this package."""

from __future__ import annotations

from importlib import resources

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer


@st.cache_resource
def component(name: str, *, html: str, css: str) -> ComponentRenderer:
    """Return a component whose script is the shared code followed by the file `<name>.js`.

    Args:
        name: the name of the component and of its script.
        html: the markup of the component.
        css: the style of the component.
    """
    folder = resources.files("roomread.web")
    # The browser loads a component's script from memory, where it cannot import another file.
    scripts = [(folder / f"{each}.js").read_text(encoding="utf-8") for each in ("part", name)]
    return st.components.v2.component(f"roomread.{name}", html=html, css=css, js="\n".join(scripts))
