from __future__ import annotations

import re

import pytest

import roomread.errors
from roomread.errors import (
    BusyError,
    MediaError,
    MissingExtraError,
    RoomreadError,
    WireError,
    one_line,
    without_credentials,
)


def test_error_tree_in_the_docstring_is_complete() -> None:
    tree: dict[str, str] = {}
    last = "RoomreadError"
    for line in (roomread.errors.__doc__ or "").splitlines():
        if match := re.match(r"    (│   )?[├└]── (\w+) ", line):
            nested, name = match.groups()
            tree[name] = last if nested else "RoomreadError"
            last = last if nested else name
    classes = [c for c in vars(roomread.errors).values() if isinstance(c, type)]
    defined = [c for c in classes if not issubclass(c, Warning)]
    assert tree == {c.__name__: c.__bases__[0].__name__ for c in defined if c is not RoomreadError}


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (RoomreadError("a.jpg: damaged"), "a.jpg: damaged"),
        (RoomreadError("a.jpg: damaged", hint="copy it again"), "a.jpg: damaged (copy it again)"),
        (BusyError("full", seconds=90), "full (try again in a minute)"),
        (BusyError("full"), "full (try again in a moment)"),
        (WireError("$.time", "is missing"), "$.time: is missing"),
        (
            MissingExtraError("writing Parquet", extra="parquet"),
            "writing Parquet needs the extra 'parquet' (pip install 'roomread[parquet]')",
        ),
    ],
)
def test_error_prints_its_problem_and_its_hint(error: RoomreadError, text: str) -> None:
    assert str(error) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rtsp://admin:s3cret@host:554/a", "rtsp://host:554/a"),
        ("rtsp://admin@host/a", "rtsp://host/a"),
        ("rtsp://admin:p@ss@host/a", "rtsp://host/a"),
        ("rtsp://admin:pa/ss@host/a", "rtsp://host/a"),
        ("rtsp://admin:1234@host/a", "rtsp://host/a"),
        ("http://host:8080/a@2x.png", "http://host:8080/a@2x.png"),
        ("http://host/@someone", "http://host/@someone"),
        ("http://[::1]:8080/a@2x.png", "http://[::1]:8080/a@2x.png"),
        ("http://host/x?user=me&pwd=abc&channel=1", "http://host/x?user=***&pwd=***&channel=1"),
        ("refused: 'http://a:b@c/d', twice http://e:f@g", "refused: 'http://c/d', twice http://g"),
        ("someone@example.org wrote a:b", "someone@example.org wrote a:b"),
    ],
)
def test_credentials_are_removed_from_urls(text: str, expected: str) -> None:
    assert without_credentials(text) == expected


def test_control_characters_are_written_as_escapes() -> None:
    assert one_line("a\nb\tc\x1b[0m é 学") == r"a\nb\tc\x1b[0m é 学"


def test_error_is_one_line_without_credentials() -> None:
    error = MediaError("http://me:pw@host/a\nb: no answer", hint="is\nit on?")
    assert str(error) == r"http://host/a\nb: no answer (is\nit on?)"
