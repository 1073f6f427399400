"""Read what was said or written in a call: WebVTT of Zoom, Teams and Meet, and exported chats."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from roomread.errors import DataError
from roomread.room.session import Passage

# Maximum number of bytes of a transcript. A day of speech is about 1 MB.
MAX_BYTES = 16_000_000
_KINDS = (
    "a WebVTT file (.vtt) of Zoom, Teams or Meet, or a chat of Meet (.sbv), Zoom or Teams (.txt)"
)
_TIME = r"((?:\d{1,4}:)?[0-5]?\d:[0-5]\d[.,]\d{3})"
_CUE = re.compile(rf"^{_TIME}[ \t]+-->[ \t]+{_TIME}")
_SBV = re.compile(rf"^{_TIME},{_TIME}$")
# "09:12:34 From Ann to Everyone: text", or with the text on the next lines.
_ZOOM = re.compile(r"^(\d{1,2}:[0-5]\d:[0-5]\d)[ \t]+From[ \t]+(.+?)[ \t]*:(?:[ \t]+(.*))?$")
# "[09:12] Ann", "[9:12 AM] Ann", "[30/11/2026 09:12] Ann", with the text on the next lines.
_TEAMS = re.compile(
    r"^\[(?:[\d./-]+,?[ \t]+)?(\d{1,2}:[0-5]\d(?::[0-5]\d)?)[ \t]?([AaPp])?\.?[Mm]?\.?\][ \t]*(.*)$"
)
_TAG = re.compile(r"<[^<>]*>")
# The name that Zoom and Meet write before what is said. Any short text before a colon is treated as
# a name, because dropping a word is better than keeping a name.
_SPEAKER = re.compile(r"^[^:!?]{1,60}:(?:[ \t]+|$)")
# Maximum number of characters of a passage.
_LONGEST = 2000
# The duration that a chat message is given as a passage, s.
_MESSAGE = 10.0


@dataclass(frozen=True, slots=True)
class Transcript:
    """The passages of a transcript of speech or of a chat.

    Attributes:
        passages: The passages without speakers' names, earliest first, with the times of the file.
        is_chat: Whether the file is a chat. Its times may be times of day, such as 09:12:34,
            instead of times from the start of the call.
    """

    passages: tuple[Passage, ...]
    is_chat: bool


def parse_transcript(content: bytes, *, name: str) -> Transcript:
    """Parse the content of a transcript or a chat, and drop the names of speakers.

    Args:
        content: The content of the file, in UTF-8 or, with a byte order mark, in UTF-16.
        name: The name of the file in error messages.

    Raises:
        DataError: The content is too large, is in none of the supported formats, contains an
            invalid time, or has no text.
    """
    if len(content) > MAX_BYTES:
        raise DataError(f"{name}: is too large for a transcript", hint=f"use {_KINDS}")
    lines = _text(content, name).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    first = next((line for line in lines if line.strip()), "")
    if re.match(r"^WEBVTT(?:[ \t]|$)", first):
        found, is_chat = _cues(lines, _CUE, name), False
    elif _SBV.match(first):
        found, is_chat = _cues(lines, _SBV, name), False
    elif _ZOOM.match(first):
        found, is_chat = list(_zoom_chat(lines)), True
    elif _TEAMS.match(first):
        found, is_chat = list(_teams_chat(lines)), True
    else:
        raise DataError(f"{name}: is not a transcript that can be read", hint=f"use {_KINDS}")
    passages = sorted((each for each in found if each.text), key=lambda each: each.start)
    if not passages:
        raise DataError(f"{name}: has no text", hint="export the transcript again")
    return Transcript(tuple(passages), is_chat)


def _text(content: bytes, name: str) -> str:
    try:
        if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return content.decode("utf-16")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{name}: is not text in UTF-8", hint=f"use {_KINDS}") from error


def _cues(lines: Sequence[str], form: re.Pattern[str], name: str) -> list[Passage]:
    """Return the cues of WebVTT or SBV; other blocks, such as notes and styles, are skipped."""
    found: list[Passage] = []
    row = 0
    while row < len(lines):
        match = form.match(lines[row].strip())
        row += 1
        if match is None:
            if "-->" in lines[row - 1]:
                raise DataError(
                    f"{name}: line {row} has no valid times", hint="export the transcript again"
                )
            continue
        start, end = _seconds(match[1]), _seconds(match[2])
        if end < start:
            raise DataError(
                f"{name}: the cue in line {row} ends before it starts",
                hint="export the transcript again",
            )
        text = []
        while row < len(lines) and lines[row].strip():
            text.append(lines[row])
            row += 1
        found.append(Passage(start, max(end, start + 0.001), _spoken(text)))
    return found


def _zoom_chat(lines: Sequence[str]) -> Iterator[Passage]:
    for match, text in _messages(lines, _ZOOM):
        start = _seconds(match[1])
        yield Passage(start, start + _MESSAGE, _clean(f"{match[3] or ''} {text}"))


def _teams_chat(lines: Sequence[str]) -> Iterator[Passage]:
    for match, text in _messages(lines, _TEAMS):
        hours, rest = match[1].split(":", 1)
        half = (match[2] or "").lower()
        hour = int(hours) % 12 + (12 if half == "p" else 0) if half else int(hours)
        start = _seconds(f"{hour}:{rest}" if rest.count(":") else f"{hour}:{rest}:00")
        yield Passage(start, start + _MESSAGE, _clean(text))


def _messages(lines: Sequence[str], form: re.Pattern[str]) -> Iterator[tuple[re.Match[str], str]]:
    """Yield the match of each message's first line, and the text of the lines below it."""
    head: re.Match[str] | None = None
    below: list[str] = []
    for line in lines:
        match = form.match(line)
        if match is None:
            below.append(line)
            continue
        if head is not None:
            yield head, " ".join(below)
        head, below = match, []
    if head is not None:
        yield head, " ".join(below)


def _spoken(lines: Sequence[str]) -> str:
    """Return the text of a cue without tags and names of speakers."""
    text = "\n".join(lines)
    words = [_words(line) for line in _TAG.sub(" ", text).split("\n")]
    # Teams writes the name into a voice tag: <v Ann Lee>.
    if not text.lstrip().startswith("<v"):
        words = [_SPEAKER.sub("", line, count=1) for line in words]
    return _shortened(" ".join(filter(None, words)))


def _clean(text: str) -> str:
    return _shortened(_words(text))


def _words(text: str) -> str:
    return " ".join(html.unescape(text).split())


def _shortened(words: str) -> str:
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"


def _seconds(clock: str) -> float:
    """Convert a time such as 1:02:03.500 or 02:03,5 to seconds."""
    return math.fsum(
        float(part) * 60**power
        for power, part in enumerate(reversed(clock.replace(",", ".").split(":")))
    )
