from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from roomread.web.uploads import upload_types


def test_suffixes_are_sorted_and_have_no_point() -> None:
    assert upload_types({".png", ".jpg", ".tar.gz"}) == ["jpg", "png", "tar.gz"]
    assert upload_types([]) == []
