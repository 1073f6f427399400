from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from typing import Any

from roomread.web import svg
from roomread.web.svg import show_svg

WIDE = "The charts continue to the right: swipe sideways."


@pytest.mark.parametrize(
    ("options", "hint"),
    [({}, WIDE), ({"wide": False}, ""), ({"narrow": "<svg/>"}, "")],
    ids=["wide", "as wide as the page", "with a narrow form"],
)
def test_hint_to_swipe_is_shown_only_if_the_chart_scrolls(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], hint: str
) -> None:
    drawn: list[dict[str, Any]] = []
    monkeypatch.setattr(svg, "_component", lambda: lambda **given: drawn.append(given))
    show_svg("<svg></svg>", key="chart", **options)
    ((given),) = drawn
    assert given["key"] == "chart"
    assert given["data"]["svg"] == "<svg></svg>"
    assert given["data"]["hint"] == hint
