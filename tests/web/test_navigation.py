from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from typing import Any

from fake_page import FakePage, RerunError
from roomread.web import navigation
from roomread.web.navigation import go_to, set_pages, switch_to


class Query(dict[str, str]):
    """A fake of Streamlit's query parameters."""

    def from_dict(self, values: dict[str, str]) -> None:
        self.clear()
        self.update(values)


def test_id_of_the_shown_item_replaces_the_query_of_the_url(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = FakePage()
    page.query_params = Query(session="0a1b2c3d")
    monkeypatch.setattr(navigation, "st", page)
    with pytest.raises(RerunError):
        go_to(compare="a,b")
    assert page.query_params == {"compare": "a,b"}
    with pytest.raises(RerunError):
        go_to()
    assert page.query_params == {}


def test_page_can_be_opened_by_the_last_part_of_its_url(monkeypatch: pytest.MonkeyPatch) -> None:
    page = FakePage()
    monkeypatch.setattr(navigation, "st", page)
    pages: Any = {"watch": "the page Watch now"}
    set_pages(pages)
    switch_to("watch", session="0a1b2c3d")
    (switched,) = page.drawn
    assert (switched.kind, switched.text) == ("switch_page", "the page Watch now")
    assert switched.options == {"query_params": {"session": "0a1b2c3d"}}
