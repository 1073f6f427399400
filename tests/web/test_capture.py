from __future__ import annotations

import base64

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from roomread.web.capture import _decoded


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def test_pictures_that_a_browser_sent_are_decoded() -> None:
    assert _decoded([encoded(b"one"), encoded(b"two")]) == [b"one", b"two"]


@pytest.mark.parametrize("sent", [None, "text", 3, {"a": 1}, [None, 1, "%%%"]])
def test_values_other_than_a_list_of_pictures_are_ignored(sent: object) -> None:
    assert _decoded(sent) == []


def test_too_many_and_too_large_pictures_are_left_out() -> None:
    assert len(_decoded([encoded(b"one")] * 30)) == 10
    assert _decoded([encoded(bytes(3_000_000))]) == []
