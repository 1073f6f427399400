from __future__ import annotations

from pathlib import Path

import pytest

from roomread.errors import MediaError
from roomread.media.urls import fetch, is_address, local_path


def test_address_that_is_not_an_http_url_is_not_fetched() -> None:
    with pytest.raises(MediaError, match="not the address of a picture"):
        fetch("ftp://host/photo.jpg")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("rtsp://camera/1", True), ("http://x", True), ("C://photos", False), ("a:b//c", False)],
)
def test_urls_are_distinguished_from_file_names(text: str, *, expected: bool) -> None:
    assert is_address(text) is expected


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("file:///a/b.jpg", "/a/b.jpg"),
        ("FILE:///a/b.jpg", "/a/b.jpg"),
        ("file://localhost/a/b%20c.jpg", "/a/b c.jpg"),
        ("file:/a/b.jpg", "/a/b.jpg"),
        ("file:///a/%C3%A9.jpg", "/a/é.jpg"),
        ("photo.jpg", None),
        ("file:name.jpg", None),
        ("http://host/a.jpg", None),
    ],
)
def test_file_url_is_converted_to_a_path(url: str, path: str | None) -> None:
    assert local_path(url) == (Path(path) if path is not None else None)


def test_file_url_with_an_unescaped_percent_sign_is_found(tmp_path: Path) -> None:
    path = tmp_path / "100%25.jpg"
    path.touch()
    assert local_path(f"file://{path}") == path
