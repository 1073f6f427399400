"""The pictures that the page Photos and videos keeps for a visit."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

import streamlit as st

from roomread import Analyzer
from roomread.errors import MediaError
from roomread.web.media_pictures import (
    add_picture,
    count_waiting,
    discard_outdated,
    example_photo,
    kept_pictures,
    remove_picture,
)


@pytest.fixture(autouse=True)
def no_pictures() -> None:
    st.session_state.pop("media_pictures", None)


def test_example_photo_in_the_package_equals_the_photo_in_the_examples_folder() -> None:
    name, content = example_photo()
    assert name == "example.jpg"
    examples = Path(__file__).parents[2] / "examples"
    assert content == (examples / "astronaut.jpg").read_bytes()


def test_picture_that_is_added_twice_is_kept_once() -> None:
    first, again = (add_picture("a.jpg", b"content", most_mb=1) for _ in range(2))
    other = add_picture("b.jpg", b"content", most_mb=1)
    assert first == again != other
    assert [kept.name for kept in kept_pictures()] == ["a.jpg", "b.jpg"]
    assert all(kept.is_waiting for kept in kept_pictures())
    remove_picture(first)
    remove_picture(first)
    assert [kept.name for kept in kept_pictures()] == ["b.jpg"]


def test_total_size_of_the_pictures_of_a_visit_is_limited() -> None:
    add_picture("a.jpg", bytes(900_000), most_mb=1)
    with pytest.raises(MediaError, match=r"b.jpg: your pictures would take more than 1 MB in all"):
        add_picture("b.jpg", bytes(200_000), most_mb=1)
    assert [kept.name for kept in kept_pictures()] == ["a.jpg"]


def test_results_made_with_other_profiles_are_discarded_until_the_picture_is_read_again() -> None:
    for name in ("a.jpg", "b.jpg"):
        add_picture(name, b"content", most_mb=1)
    first, second = kept_pictures()
    first.result, first.profiles = MediaError("a.jpg: is not a picture"), ()
    second.result, second.profiles = MediaError("b.jpg: is not a picture"), ("masked",)
    assert count_waiting() == 0
    without_profiles = Analyzer()
    discard_outdated(without_profiles)
    assert first.result is not None
    assert second.result is None
    assert count_waiting() == 1
