from __future__ import annotations

import os
import sys

import pytest

from roomread._version import __version__
from roomread.cli import interrupts
from roomread.entry import main
from roomread.errors import MediaError, RoomreadError
from roomread.fewshot import NotPreparedError
from roomread.services.purpose import PurposeError


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    """Run a command in this process without its signal handlers; return its exit status."""
    monkeypatch.setattr(interrupts, "install", lambda: None)
    monkeypatch.setattr(sys, "argv", ["roomread", *arguments])
    with pytest.raises(SystemExit) as ended:
        main.run()
    return ended.value.code


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (MediaError("a.mp4: is damaged", hint="copy it"), "a.mp4: is damaged (copy it)"),
        (MediaError("a\nb.mp4: is damaged"), "a\\nb.mp4: is damaged"),
        (
            PurposeError("not here", hint="ask"),
            "not here (show or change it with `roomread purpose`)",
        ),
        (
            NotPreparedError("mine: raw", hint="measure"),
            "mine: raw (prepare it with `roomread fewshot prepare DATA --model MODEL`)",
        ),
    ],
)
def test_error_is_printed_in_one_line_with_a_hint_for_the_command_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: RoomreadError,
    line: str,
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(main, "app", fail)
    assert run(monkeypatch) == 2
    assert capsys.readouterr() == ("", f"roomread: {line}\n")


def test_version_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--version") == 0
    assert capsys.readouterr().out == f"roomread {__version__}\n"


def test_unknown_command_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "dance") == 2
    assert "dance" in capsys.readouterr().err


def test_program_exits_without_waiting_for_a_source_that_is_being_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exits: list[int] = []

    def end() -> None:
        raise SystemExit(3)

    monkeypatch.setattr(main, "app", end)
    monkeypatch.setattr(main, "is_opening", lambda: True)
    monkeypatch.setattr(os, "_exit", exits.append)
    assert run(monkeypatch) == 3
    assert exits == [3]
