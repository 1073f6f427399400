from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from importlib import resources
from typing import Any

from roomread.web.component import component

UNCACHED: Any = vars(component)["__wrapped__"]


def test_script_of_a_component_is_placed_after_the_shared_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: dict[str, Any] = {}

    def make(name: str, **parts: str) -> object:
        made.update(parts, name=name)
        return object()

    monkeypatch.setattr("streamlit.components.v2.component", make)
    UNCACHED("table", html="<p></p>", css="p {}")
    folder = resources.files("roomread.web")
    shared, own = ((folder / f"{name}.js").read_text("utf-8") for name in ("part", "table"))
    assert made == {
        "name": "roomread.table",
        "html": "<p></p>",
        "css": "p {}",
        "js": f"{shared}\n{own}",
    }


def test_component_without_a_script_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        UNCACHED("nothing", html="", css="")
