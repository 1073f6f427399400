"""Store a session's transcript, and mark the moments of the session when slides are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from roomread.errors import SessionError
from roomread.formats.slides import slide_marks
from roomread.formats.transcripts import parse_transcript
from roomread.room import clock
from roomread.room.session import Mark, Passage
from roomread.store import OwnerStore


class ChatOffsetError(SessionError):
    """A chat was given without the offset between its times and the times of the session."""


def keep_transcript(
    store: OwnerStore, session_id: str, content: bytes, *, name: str, offset: float | None
) -> list[Passage]:
    """Store a transcript of a session in place of any earlier transcript.

    Passages before the start or after the end of the session are left out.

    Args:
        store: The sessions of the owner.
        session_id: The full id of the session.
        content: The file; see `parse_transcript`.
        name: The name of the file in messages.
        offset: The session time that corresponds to time 0 of the file, s; None for the transcript
            of a call that began together with the session. It is required for a chat, whose times
            may be times of day.

    Returns:
        The stored passages, with the times of the session.

    Raises:
        SessionNotFoundError: The owner has no such session.
        DataError: The file cannot be read.
        ChatOffsetError: The file is a chat, and there is no offset.
        SessionError: No part of the file lies within the session, or there are too many passages.
    """
    end = _end(store, session_id)
    transcript = parse_transcript(content, name=name)
    if offset is None and transcript.is_chat:
        first = clock(transcript.passages[0].start)
        raise ChatOffsetError(
            f"{name}: its first message is at {first}, but the offset to the session is unknown"
        )
    moved = _moved(transcript.passages, offset or 0.0)
    kept = [each for each in moved if each.end > 0 and each.start <= end]
    kept = [replace(each, start=max(each.start, 0.0)) for each in kept]
    if not kept:
        raise SessionError(
            f"{name}: begins at {clock(max(moved[0].start, 0.0))}, and no part of it lies within "
            f"the session, which is {clock(end)} long",
            hint="check the offset",
        )
    store.keep_passages(session_id, kept)
    return kept


def mark_slides(
    store: OwnerStore, session_id: str, content: bytes, *, name: str, offset: float = 0.0
) -> list[Mark]:
    """Mark the moment at which each slide of a presentation is first shown.

    Args:
        store: The sessions of the owner.
        session_id: The full id of the session.
        content: The PPTX or PDF; see `slide_marks`.
        name: The name of the file in messages.
        offset: The session's time at the first slide, s.

    Returns:
        The marks that lie in the session.

    Raises:
        SessionNotFoundError: The owner has no such session.
        DataError: The file is damaged or has no timings.
        MissingExtraError: The extra `slides` is not installed.
        SessionError: No slide lies in the session, or the session would have too many marks.
    """
    end = _end(store, session_id)
    moved = [Mark(mark.time + offset, mark.label) for mark in slide_marks(content, name=name)]
    kept = [mark for mark in moved if 0 <= mark.time <= end]
    if not kept:
        raise SessionError(
            f"{name}: no slide lies within the session, which is {clock(end)} long",
            hint="check the offset",
        )
    store.mark(session_id, kept)
    return kept


def _end(store: OwnerStore, session_id: str) -> float:
    """Return the time of the newest mood or reading of a session, s; 0 if it has neither."""
    return store.last_time(session_id) or 0.0


def _moved(passages: Sequence[Passage], offset: float) -> list[Passage]:
    return [replace(each, start=each.start + offset, end=each.end + offset) for each in passages]
