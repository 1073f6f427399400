from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomread.errors import DataError
from roomread.formats.transcripts import MAX_BYTES, parse_transcript

ZOOM = """WEBVTT

1
00:00:03.510 --> 00:00:07.290
Dr. Ann Lee: Welcome back. Today: leaves.

2
00:00:08.000 --> 00:01:09.500
Ben: Why are they green &amp; flat?
"""
TEAMS = """\ufeffWEBVTT

NOTE made by Teams

6f2a/12-0
00:00:03.510 --> 00:00:07.290 align:start
<v Ann Lee>Welcome back. Today: leaves.</v>

6f2a/13-0
00:08.000 --> 01:09.500
<v Ben>Why are they
green &amp; flat?</v>
"""
MEET_CHAT = """00:00:03.510,00:00:07.290
Ann Lee: Welcome back. Today: leaves.

00:00:08.000,00:01:09.500
Ben: Why are they green &amp; flat?
"""
SAID = [
    (3.51, 7.29, "Welcome back. Today: leaves."),
    (8.0, 69.5, "Why are they green & flat?"),
]


@pytest.mark.parametrize("text", [ZOOM, TEAMS, MEET_CHAT], ids=["Zoom", "Teams", "Meet chat"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_transcript_passages_are_read_with_their_times_and_without_speaker_names(
    text: str, encoding: str, ends: str
) -> None:
    content = text.replace("\n", ends).removeprefix("\ufeff").encode(encoding)
    transcript = parse_transcript(content, name="call.vtt")
    assert [(each.start, each.end, each.text) for each in transcript.passages] == SAID
    assert not transcript.is_chat


def test_all_speaker_names_in_a_transcript_cue_are_dropped() -> None:
    cue = "WEBVTT\n\n00:01.000 --> 00:02.000\nAnn Lee: Why green?\nBen: It is\nchlorophyll.\n"
    (passage,) = parse_transcript(cue.encode(), name="call.vtt").passages
    assert passage.text == "Why green? It is chlorophyll."


@pytest.mark.parametrize(
    "text",
    [
        "09:12:34\t From Ann Lee : what is\tosmosis: a law?\n09:13:00\t From Ben : thanks\n",
        (
            "09:12:34 From Ann Lee to Everyone:\n\twhat is osmosis:\n\ta law?\n"
            "09:13:00 From  Ben  to  Everyone:\n\tthanks\n"
        ),
        "[30/11/2026 9:12:34 AM] Ann Lee\nwhat is osmosis:\na law?\n\n[09:13] Ben\nthanks\n",
    ],
    ids=["Zoom, saved", "Zoom, of a recording", "Teams"],
)
def test_messages_of_a_chat_are_read_with_their_times_of_day(text: str) -> None:
    transcript = parse_transcript(text.encode(), name="chat.txt")
    assert transcript.is_chat
    first, second = transcript.passages
    assert (first.start, first.text) == (33_154.0, "what is osmosis: a law?")
    assert (second.start, second.text) == (33_180.0, "thanks")


def test_twelve_hour_times_of_a_teams_chat_are_parsed() -> None:
    text = "[12:05 AM] A\nnight\n\n[12:05 PM] B\nnoon\n\n[1:05 PM] C\nlater\n"
    times = [each.start for each in parse_transcript(text.encode(), name="chat").passages]
    assert times == [300, 43_500, 47_100]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is not a transcript"),
        (b"%PDF-1.7", "is not a transcript"),
        (b"\xff\xfe\x00", "is not text"),
        (b"\x80\x81", "is not text"),
        (b"WEBVTT\n\n", "has no text"),
        (b"WEBVTT\n\n00:00:61.000 --> 00:01:02.000\nhi\n", "line 3 has no valid times"),
        (b"WEBVTT\n\n00:00:05.000 --> 00:00:02.000\nhi\n", "ends before it starts"),
        (b"WEBVTTX\n\n00:00:05.000 --> 00:00:06.000\nhi\n", "is not a transcript"),
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\nhi\n" + bytes(MAX_BYTES), "too large"),
    ],
)
def test_damaged_transcript_is_refused(content: bytes, problem: str) -> None:
    with pytest.raises(DataError, match=f"call: .*{problem}"):
        parse_transcript(content, name="call")


words = (
    st.text(string.ascii_letters + "äß?., ", min_size=1, max_size=40)
    .map(lambda text: " ".join(text.split()))
    .filter(bool)
)


@given(st.lists(st.tuples(st.integers(0, 10**7), st.integers(1, 10**5), words), min_size=1))
def test_cues_of_any_webvtt_file_are_read_unchanged(cues: list[tuple[int, int, str]]) -> None:
    def clock(time: int) -> str:
        minutes, rest = divmod(time, 60_000)
        seconds = f"{rest // 1000:02}.{rest % 1000:03}"
        return f"{minutes // 60:02}:{minutes % 60:02}:{seconds}"

    blocks = [f"{clock(a)} --> {clock(a + long)}\n{text}\n" for a, long, text in cues]
    transcript = parse_transcript("\n".join(["WEBVTT\n", *blocks]).encode(), name="call")
    read = [(each.start, each.end, each.text) for each in transcript.passages]
    expected = sorted(
        ((a / 1000, (a + long) / 1000, text) for a, long, text in cues), key=lambda each: each[0]
    )
    assert [each[2] for each in read] == [each[2] for each in expected]
    for found, cue in zip(read, expected, strict=True):
        assert found[:2] == pytest.approx(cue[:2], abs=1e-6)


@given(
    st.sampled_from(
        ["WEBVTT\n\n", "00:00:01.000,00:00:02.000\n", "[9:12 AM] A\n", "09:12:34 From A: b\n"]
    ),
    st.text(st.sampled_from("0123456789:.,->[]<v \n\tFromto&;#\x00é")),
)
def test_any_text_is_read_as_a_transcript_or_raises_data_error(start: str, rest: str) -> None:
    try:
        transcript = parse_transcript((start + rest).encode(), name="call")
    except DataError:
        return
    assert all(0 <= each.start <= each.end and each.text for each in transcript.passages)
