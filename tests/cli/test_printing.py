from __future__ import annotations

import io

import pytest
from rich.table import Table

from roomread.cli.printing import print_line, print_table, show_status, table_console
from terminal import Terminal


def test_line_is_printed_as_it_is_however_long_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    line = "wrote /data/[bold]/:smile:/" + "long " * 60 + "x.html"
    print_line(line)
    assert capsys.readouterr().out == f"{line}\n"


def test_line_breaks_and_escape_sequences_of_a_name_are_printed_as_escapes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_line("roomread: a\nb\x1b[31m: no face", err=True)
    printed = capsys.readouterr()
    assert printed.err == "roomread: a\\nb\\x1b[31m: no face\n"
    assert printed.out == ""


def test_square_brackets_and_colons_in_a_table_are_not_markup(
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = Table("name", title="about [red]it[/red]")
    table.add_row("[bold]Asha :smile:")
    print_table(table)
    text = capsys.readouterr().out
    assert "[bold]Asha :smile:" in text
    assert "about [red]it[/red]" in text


def test_table_in_a_pipe_has_at_least_120_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    assert table_console(Terminal()).width == 70
    assert table_console(io.StringIO()).width == 120
    monkeypatch.setenv("COLUMNS", "200")
    assert table_console(io.StringIO()).width == 200


def test_status_line_is_not_markup(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    with show_status("reading [bold]/a.csv"):
        pass
    assert "reading [bold]/a.csv" in capsys.readouterr().err
