from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from fake_page import FakePage
from roomread.locales import translator
from roomread.web import watch_call
from roomread.web.watch_call import show_call


@pytest.mark.parametrize("language", ["en", "de"])
def test_page_of_a_video_call_is_in_the_language_of_the_visitor(
    monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    page = FakePage()
    told = translator(language)
    monkeypatch.setattr(watch_call, "st", page)
    monkeypatch.setattr(watch_call, "words", lambda: told)
    show_call()
    assert page.texts("iframe") == [f"/share?lang={language}"]
    assert page.element("Open in a tab of its own").values == (f"/share?lang={language}",)
