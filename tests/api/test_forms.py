from __future__ import annotations

import pytest

pytest.importorskip("fastapi", reason="needs the app extra")

from classes import frame
from roomread.api.forms import _row, own_path
from roomread.readings import Expression


@pytest.mark.parametrize("path", ["/", "/upload", "/lessons?session=1&x=//y", "/räume"])
def test_path_within_this_service_is_returned_unchanged(path: str) -> None:
    assert own_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "upload",
        "//evil.example",
        "///evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "/\t/evil.example",
        "/a\r\nSet-Cookie: b",
        "javascript:alert(1)",
    ],
)
def test_path_that_could_lead_to_another_site_is_replaced_by_the_front_page(path: str) -> None:
    assert own_path(path) == "/"


def test_row_of_an_unreadable_face_has_no_probabilities() -> None:
    happy, unreadable = (_row(each) for each in frame(0.0, {1: Expression.HAPPY, 2: None}))
    assert happy["size"] == 90
    assert "happy" in str(happy["text"])
    assert len({*happy["scores"]}) == 2  # type: ignore[misc]
    assert unreadable["scores"] == [""] * 7
