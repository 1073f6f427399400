from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from fake_page import FakePage
from roomread import __version__
from roomread.web import about


def test_about_page_explains_what_happens_to_pictures_and_links_to_the_notice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = FakePage()
    monkeypatch.setattr(about, "st", page)
    about.show()
    written = "\n".join(page.texts("markdown"))
    assert "**Nothing is stored**" in written
    assert "](/notice)" in written
    assert "Article 5(1)(f)" in written
    assert page.texts("subheader") == ["What happens to pictures", "The law"]
    assert f"Roomread {__version__}, Apache-2.0." in page.texts("caption")
