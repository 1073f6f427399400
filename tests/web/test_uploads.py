from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from roomread.web.uploads import upload_types


def test_suffixes_are_sorted_without_the_leading_dot() -> None:
    assert upload_types({".png", ".jpg", ".tar.gz"}) == ["jpg", "png", "tar.gz"]
    assert upload_types([]) == []
