from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")
from streamlit.testing.v1 import AppTest

from classes import lesson
from room_recorder import RoomRecorder
from roomread.store import OwnerStore, Store

CALL = b"WEBVTT\n\n00:01:00.000 --> 00:01:04.000\nAnn: Now the proof.\n"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[OwnerStore]:
    opened = Store(f"sqlite:///{tmp_path / 'roomread.db'}")
    yield opened.owned_by("user:1")
    opened.close()


def page(address: str, session_id: str) -> None:
    import streamlit as st  # noqa: PLC0415

    from roomread.errors import RoomreadError  # noqa: PLC0415
    from roomread.settings.environment import load_settings  # noqa: PLC0415
    from roomread.store import Store  # noqa: PLC0415
    from roomread.web.lesson_words import upload_words  # noqa: PLC0415

    opened = Store(address)
    store = opened.owned_by("user:1")
    try:
        upload_words(store, store.session(session_id), load_settings())
    except RoomreadError as error:
        st.error(str(error))
    finally:
        opened.close()


def upload(store: OwnerStore, tmp_path: Path, name: str, content: bytes) -> AppTest:
    """Add a file to a lesson of two minutes, and return the page as it is afterwards."""
    session = store.create("Algebra 7b")
    recorder = RoomRecorder(store, session)
    for time, readings in lesson(120, people=6, every=2.0):
        recorder.add_readings(time, readings)
    recorder.close()
    address = f"sqlite:///{tmp_path / 'roomread.db'}"
    script = AppTest.from_function(page, args=(address, session.id), default_timeout=60).run()
    assert not script.exception
    script.file_uploader[0].set_value((name, content, "text/plain"))
    script.button[0].click()
    return script.run()


def test_uploaded_transcript_is_kept(store: OwnerStore, tmp_path: Path) -> None:
    shown = upload(store, tmp_path, "call.vtt", CALL)
    assert not shown.exception
    assert not shown.error
    (session,) = store.sessions()
    assert [each.text for each in store.passages(session.id)] == ["Now the proof."]


def test_chat_without_a_start_minute_and_damaged_slides_are_refused(
    store: OwnerStore, tmp_path: Path
) -> None:
    shown = upload(store, tmp_path, "chat.txt", b"09:12:34 From Ann : hello\n")
    assert "Enter the minute at which the file begins" in shown.error[0].value
    shown = upload(store, tmp_path, "deck.pdf", b"%PDF-1.7 nothing")
    assert "deck.pdf: is damaged" in shown.error[0].value
