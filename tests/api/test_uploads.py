from __future__ import annotations

import asyncio
import base64
import json
import tracemalloc
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="needs the app extra")

from starlette.exceptions import HTTPException
from starlette.requests import Request

from roomread.api.problems import RefusedError
from roomread.api.uploads import decode_base64, read_pictures, safe_name
from roomread.services.pictures import EncodedPicture, PictureTooLargeError

CONTEXT: Any = SimpleNamespace(settings=SimpleNamespace(max_picture_mb=1))
FORM = "multipart/form-data; boundary=line"


def pictures_of(body: bytes, content_type: str = "") -> list[EncodedPicture]:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", content_type.encode())]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers}
    return asyncio.run(read_pictures(Request(scope, receive), CONTEXT))


def form_of(*files: tuple[str, bytes]) -> bytes:
    lines = b""
    for name, content in files:
        head = f'Content-Disposition: form-data; name="file"; filename="{name}"'
        lines += b"--line\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n"
    return lines + b"--line--\r\n"


PART = b'--line\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\na\r\n'
CLOSE = b"--line--\r\n"


@pytest.mark.parametrize(
    "body",
    [
        PART * 5000 + CLOSE,
        PART.replace(b'; filename="a.jpg"', b"") * 5000 + CLOSE,
        PART.replace(b"a.jpg", b"a" * 500_000) + CLOSE,
        PART.replace(b"\r\n\r\n", b"\r\n" + b"X: y\r\n" * 5000 + b"\r\n") + CLOSE,
        PART.replace(b'name="file"; ', b"") + CLOSE,
    ],
    ids=["files", "fields", "long header", "headers", "no name"],
)
def test_form_with_too_many_or_malformed_parts_is_refused(body: bytes) -> None:
    with pytest.raises(HTTPException) as refused:
        pictures_of(body, FORM)
    assert refused.value.status_code == 400


UNDECODABLE = PART.replace(b"a.jpg", b"\xff..") + CLOSE


@pytest.mark.parametrize("charset", ["zlib", "nothing", "a" * 5000])
def test_unknown_charset_of_a_form_is_ignored(charset: str) -> None:
    (picture,) = pictures_of(UNDECODABLE, f"{FORM}; charset={charset}")
    assert picture.content == b"a"


def test_form_in_a_charset_that_cannot_be_decoded_is_refused() -> None:
    with pytest.raises(HTTPException) as refused:
        pictures_of(UNDECODABLE, f"{FORM}; charset=undefined")
    assert refused.value.status_code == 400


@pytest.mark.parametrize(
    "content_type", ["", "image/jpeg", "application/x-www-form-urlencoded", "text/plain"]
)
def test_body_that_is_neither_multipart_form_nor_json_is_read_as_one_picture(
    content_type: str,
) -> None:
    assert pictures_of(b"content", content_type) == [EncodedPicture("picture", b"content")]


def test_each_file_of_a_form_is_a_picture_named_after_the_file_without_its_folders() -> None:
    body = form_of(("a.jpg", b"one"), ("../../b.png", b"two"))
    expected = [EncodedPicture("a.jpg", b"one"), EncodedPicture("b.png", b"two")]
    assert pictures_of(body, FORM) == expected


def test_form_with_an_empty_file_field_is_refused() -> None:
    with pytest.raises(RefusedError, match="the form has no file"):
        pictures_of(form_of(("", b"")), FORM)


def test_json_body_contains_pictures_in_base64() -> None:
    encoded = base64.b64encode(b"one").decode()
    body = json.dumps({"pictures": [{"name": "a.jpg", "data": encoded}]}).encode()
    assert pictures_of(body, "application/json") == [EncodedPicture("a.jpg", b"one")]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"pictures": []}, "pictures"),
        ({"pictures": [{"data": "***"}]}, "picture: is not base64"),
        ({"pictures": [{"url": "http://127.0.0.1/"}]}, "pictures.0"),
        ({"pictures": [{"data": ""}] * 17}, "pictures"),
    ],
)
def test_invalid_json_body_is_refused_with_the_path_of_the_error(
    body: object, problem: str
) -> None:
    with pytest.raises(RefusedError, match=problem) as refused:
        pictures_of(json.dumps(body).encode(), "application/json")
    assert refused.value.status == 422
    assert "127.0.0.1" not in refused.value.problem


def test_json_body_with_too_many_values_is_refused_before_it_is_parsed() -> None:
    body = b'{"pictures": [' + b"0," * 1_000_000 + b"0]}"
    tracemalloc.start()
    try:
        with pytest.raises(RefusedError, match="too many values"):
            pictures_of(body, "application/json")
        assert tracemalloc.get_traced_memory()[1] < 1.5 * len(body)
    finally:
        tracemalloc.stop()


def test_reading_a_json_body_needs_little_more_than_twice_its_size_in_memory() -> None:
    encoded = base64.b64encode(bytes(1_000_000))
    pictures = b", ".join([b'{"data": "' + encoded + b'"}'] * 16)
    body = b'{"pictures": [' + pictures + b"]}"
    tracemalloc.start()
    try:
        found = pictures_of(body, "application/json")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == [EncodedPicture("picture", bytes(1_000_000))] * 16
    assert peak < 2.2 * len(body)


@pytest.mark.parametrize("head", ["", "data:image/png;base64,"])
def test_decoding_base64_makes_no_copy_of_the_text(head: str) -> None:
    content = bytes(range(256)) * 8000
    text = head + base64.b64encode(content).decode()
    tracemalloc.start()
    try:
        assert decode_base64(text) == content
        assert tracemalloc.get_traced_memory()[1] < 1.3 * len(text)
    finally:
        tracemalloc.stop()


def test_base64_with_percent_escapes_is_decoded_in_chunks() -> None:
    text = "data:;base64," + "%41" * 400_000
    tracemalloc.start()
    try:
        assert decode_base64(text) == bytes(300_000)
        # Decoding all escapes at once would need 20 MB, because each is an object of 40 bytes.
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("", b""),
        ("Pz8_Pg", b"???>"),
        ("-_-_", b"\xfb\xff\xbf"),
        ("QU\r\nJD\n", b"ABC"),
        ("QQ=\n=", b"A"),
        ("data:image/png;BASE64,Q%51%3D%3D", b"A"),
        ("A" * 65_534 + "\n" * 5 + "QQ==", bytes(49_150) + b"\x04\x10"),
        ("data:;base64," + "A" * 65_535 + "%41QQ==", bytes(49_152) + b"A"),
    ],
)
def test_base64_is_decoded_with_or_without_padding_line_breaks_and_data_uri(
    text: str, content: bytes
) -> None:
    assert decode_base64(text) == content


@pytest.mark.parametrize(
    "text",
    [
        "Q",
        "Q=Q=",
        "QQ==QQ==",
        "A" * 65_534 + "==" + "QQ",
        "QUJ\u00e9",
        "%51%51",
        "data:,QQ==",
        "data:;base64",
        "data:;base64,%4",
    ],
)
def test_text_that_is_not_base64_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode_base64(text)


def test_picture_over_the_size_limit_is_refused() -> None:
    with pytest.raises(PictureTooLargeError, match="over 1 MB"):
        pictures_of(bytes(1_000_001))


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("photo.jpg", "photo.jpg"),
        ("C:\\Users\\anna\\photo.jpg", "photo.jpg"),
        ("../../etc/passwd", "passwd"),
        ("a\x1b[31mred\n.jpg", "a[31mred.jpg"),
        ("", "picture"),
        (None, "picture"),
        ("x" * 300, "x" * 100),
    ],
)
def test_folders_and_control_characters_are_removed_from_a_file_name(
    sent: str | None, shown: str
) -> None:
    assert safe_name(sent) == shown
