from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from roomread.web.photo import example_photo


def test_example_in_the_package_is_the_one_in_the_repository() -> None:
    name, content = example_photo()
    assert name == "example.jpg"
    examples = Path(__file__).parents[2] / "examples"
    assert content == (examples / "astronaut.jpg").read_bytes()
