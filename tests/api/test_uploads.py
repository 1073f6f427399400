from __future__ import annotations

import base64
import textwrap

import pytest

from roomread.api.uploads import decode_base64

CONTENT = bytes(range(256)) * 3 + b"?"
PLAIN = base64.b64encode(CONTENT).decode()


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        PLAIN.rstrip("="),
        "\r\n".join(textwrap.wrap(PLAIN, 76)),
        f" {PLAIN}\n",
        base64.urlsafe_b64encode(CONTENT).decode(),
        f"data:image/jpeg;base64,{PLAIN}",
        f"DATA:image/png;name=a.png;BASE64,{PLAIN}",
        "data:;base64," + PLAIN.replace("+", "%2B").replace("=", "%3D"),
    ],
)
def test_every_usual_form_of_base64_is_taken(text: str) -> None:
    assert decode_base64(text) == CONTENT


@pytest.mark.parametrize("text", ["@@@@", "abcde", "data:text/plain,hello", "data:image/png", "é"])
def test_what_is_not_base64_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (base64 has messages of its own)
        decode_base64(text)
