from __future__ import annotations

import pytest

from roomread.errors import MediaError, one_line, without_credentials


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
def test_addresses_lose_their_credentials(text: str, expected: str) -> None:
    assert without_credentials(text) == expected


def test_control_characters_become_escapes() -> None:
    assert one_line("a\nb\tc\x1b[0m é 学") == r"a\nb\tc\x1b[0m é 学"


def test_error_is_one_line_without_credentials() -> None:
    error = MediaError("http://me:pw@host/a\nb: no answer", hint="is\nit on?")
    assert str(error) == r"http://host/a\nb: no answer (is\nit on?)"
