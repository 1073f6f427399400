from __future__ import annotations

import pytest

from roomread.store.records import LAST_TIME, milliseconds, source_name, storable


def test_times_are_rounded_to_milliseconds_and_the_last_time_fits_into_32_bits() -> None:
    assert [milliseconds(seconds) for seconds in (0.0, 1.0004, 1.0006)] == [0, 1000, 1001]
    assert milliseconds(LAST_TIME) == 2**31 - 1


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("rtsp://anna:secret@cam.example/live?token=abc&x=1", "rtsp://cam.example/live"),
        ("https://cam.example/live", "https://cam.example/live"),
        ("what now?.mp4", "what now?.mp4"),
        ("", ""),
    ],
)
def test_source_that_is_a_url_loses_its_credentials_and_its_query(source: str, name: str) -> None:
    assert source_name(source) == name


@pytest.mark.parametrize(
    ("text", "kept"),
    [("Übung 3 😀", "Übung 3 😀"), ("a\0b", "ab"), ("half \ud83d", "half ?"), ("\0", "")],
)
def test_text_loses_characters_that_a_database_cannot_store(text: str, kept: str) -> None:
    assert storable(text) == kept
