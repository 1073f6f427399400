"""`roomread session transcript` and `slides`: align what was said and shown with a session."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from roomread.cli.clock import parse_clock
from roomread.cli.extras import need_sessions_extra
from roomread.cli.stores import SessionId, find_session, own_sessions
from roomread.errors import DataError, SessionError
from roomread.formats.slides import MAX_SLIDES_BYTES
from roomread.room import clock

At = Annotated[
    str | None,
    typer.Option(
        help="The time of the session at which the file begins: 90, 1:30 or 1:02:03, or -1:30 if "
        "it began before the session."
    ),
]


def transcript_command(
    session_id: SessionId,
    file: Annotated[
        Path, typer.Argument(help="WebVTT of Zoom, Teams or Meet, or a chat: .vtt, .sbv, .txt.")
    ],
    *,
    at: At = None,
    started: Annotated[
        str | None,
        typer.Option(
            help="The time of day at which the session began, 9:00:30, for a chat that has times "
            "of day."
        ),
    ] = None,
) -> None:
    """Store a transcript without names; the report quotes it at the largest fall of the valence."""
    need_sessions_extra()
    from roomread.services.transcripts import (  # noqa: PLC0415 (needs the extra)
        ChatOffsetError,
        keep_transcript,
    )

    if at is not None and started is not None:
        raise typer.BadParameter("give --at or --started, not both")
    offset = parse_offset(at) if at is not None else None
    if started is not None:
        offset = -parse_clock(started)
    with own_sessions() as store:
        session = find_session(store, session_id)
        content = _content(file)
        try:
            kept = keep_transcript(store, session.id, content, name=str(file), offset=offset)
        except ChatOffsetError as error:
            made = session.started_at.astimezone().strftime("%H:%M:%S")
            raise SessionError(
                error.problem,
                hint=f"add --started {made} if the chat has times of day; otherwise --at 0",
            ) from error
    passages = f"{len(kept)} passage{'s' if len(kept) != 1 else ''}"
    typer.echo(f"{passages} kept, from {clock(kept[0].start)} to {clock(kept[-1].end)}")


def slides_command(
    session_id: SessionId,
    file: Annotated[Path, typer.Argument(help="A PPTX or PDF with timings.")],
    *,
    at: At = None,
) -> None:
    """Add a mark at the moment at which each slide was shown, from the timings in its file."""
    need_sessions_extra()
    from roomread.services.transcripts import mark_slides  # noqa: PLC0415 (needs the extra)

    offset = parse_offset(at) if at is not None else 0.0
    with own_sessions() as store:
        session = find_session(store, session_id)
        marks = mark_slides(store, session.id, _content(file), name=str(file), offset=offset)
    slides = f"{len(marks)} slide{'s' if len(marks) != 1 else ''}"
    typer.echo(f"{slides} marked, from {clock(marks[0].time)} to {clock(marks[-1].time)}")


def parse_offset(text: str) -> float:
    """Parse a time that may be negative, such as "-1:30", into seconds.

    Raises:
        SessionError: The text is not such a time.
    """
    text = text.strip()
    return -parse_clock(text[1:]) if text.startswith("-") else parse_clock(text)


def _content(file: Path) -> bytes:

    try:
        if file.stat().st_size > MAX_SLIDES_BYTES:
            raise DataError(f"{file}: is too large", hint="give a smaller file")
        return file.read_bytes()
    except OSError as error:
        raise DataError(f"{file}: {error.strerror or error}", hint="check the name") from error
