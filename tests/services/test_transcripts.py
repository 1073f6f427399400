from __future__ import annotations

import pytest

pytest.importorskip("sqlalchemy", reason="needs the sessions extra")

from recorded_classes import record_falling_class
from roomread.errors import SessionError, SessionNotFoundError
from roomread.formats.answer import said_at_deepest
from roomread.formats.figures import session_figures
from roomread.room import Mark, Passage
from roomread.services import transcripts
from roomread.services.exporting import report
from roomread.services.transcripts import ChatOffsetError, keep_transcript, mark_slides
from roomread.store import OwnerStore

CALL = b"""WEBVTT

00:09:55.000 --> 00:10:04.000
Ann: Now the <b>second</b> law & its proof.

00:19:00.000 --> 00:19:05.000
Ann: Good bye.
"""


@pytest.fixture
def fallen(sessions: OwnerStore) -> str:
    """Return the id of a lesson of twenty minutes whose valence falls after ten minutes."""
    session = sessions.create("Algebra 7b")
    record_falling_class(sessions, session)
    return session.id


def test_report_quotes_what_was_said_at_the_deepest_fall_of_valence(
    sessions: OwnerStore, fallen: str
) -> None:
    kept = keep_transcript(sessions, fallen, CALL, name="call.vtt", offset=None)
    assert kept == [
        Passage(595.0, 604.0, "Now the second law & its proof."),
        Passage(1140.0, 1145.0, "Good bye."),
    ]
    assert sessions.passages(fallen) == kept
    page = report(sessions, fallen)
    assert "“Now the second law &amp; its proof.”" in page
    assert "Good bye" not in page
    assert "Ann" not in page


def test_offset_shifts_a_transcript_to_the_time_of_the_session(
    sessions: OwnerStore, fallen: str
) -> None:
    keep_transcript(sessions, fallen, CALL, name="call.vtt", offset=-600.0)
    assert [each.start for each in sessions.passages(fallen)] == [0.0, 540.0]
    figures = session_figures(sessions, sessions.session(fallen))
    assert said_at_deepest(figures, sessions.passages(fallen)) is None
    # A later upload replaces the stored passages; those outside the session are left out.
    keep_transcript(sessions, fallen, CALL, name="call.vtt", offset=300.0)
    assert [each.start for each in sessions.passages(fallen)] == [895.0]
    with pytest.raises(
        SessionError, match=r"no part of it lies within the session, which is 19:58"
    ):
        keep_transcript(sessions, fallen, CALL, name="call.vtt", offset=3600.0)


def test_chat_file_is_accepted_only_with_a_time_offset(sessions: OwnerStore, fallen: str) -> None:
    chat = b"09:10:00 From Ann : and now?\n"
    with pytest.raises(ChatOffsetError, match="first message is at 9:10:00"):
        keep_transcript(sessions, fallen, chat, name="chat.txt", offset=None)
    (kept,) = keep_transcript(sessions, fallen, chat, name="chat.txt", offset=-32_400.0)
    assert kept == Passage(600.0, 610.0, "and now?")


def test_transcript_belongs_to_one_session_and_is_deleted_with_that_session(
    sessions: OwnerStore, fallen: str
) -> None:
    keep_transcript(sessions, fallen, CALL, name="call.vtt", offset=None)
    other = sessions.create("Other")
    assert sessions.passages(other.id) == []
    sessions.delete(fallen)
    with pytest.raises(SessionNotFoundError):
        sessions.passages(fallen)


def test_uploaded_slides_within_the_session_become_marks_of_the_session(
    sessions: OwnerStore, fallen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slides = [Mark(0.0, "Slide 1"), Mark(590.0, "Slide 2: Proof"), Mark(5000.0, "Slide 3")]
    monkeypatch.setattr(transcripts, "slide_marks", lambda _content, **_name: slides)
    marks = mark_slides(sessions, fallen, b"", name="deck.pptx", offset=5.0)
    assert marks == [Mark(5.0, "Slide 1"), Mark(595.0, "Slide 2: Proof")]
    assert sessions.marks(fallen) == marks
    figures = session_figures(sessions, sessions.session(fallen))
    assert figures.activity_of(figures.stretches[0]) == "Slide 2: Proof"
    with pytest.raises(SessionError, match="no slide lies within the session"):
        mark_slides(sessions, fallen, b"", name="deck.pptx", offset=9000.0)


def test_quotation_of_a_long_passage_is_shortened(sessions: OwnerStore, fallen: str) -> None:
    figures = session_figures(sessions, sessions.session(fallen))
    moment = figures.stretches[0].start
    words = said_at_deepest(figures, [Passage(moment, moment + 1, "word " * 400)])
    assert words is not None
    assert words.endswith("word …”")
    assert len(words) < 700
