"""Print lines and tables without changing their texts."""

from __future__ import annotations

import sys
from typing import IO

import typer
from rich.console import Console
from rich.status import Status
from rich.table import Table
from rich.text import Text

from roomread.errors import one_line

# Least width of tables in files and pipes, enough for a table with seven scores.
_WIDTH = 120


def print_line(line: str, *, err: bool = False) -> None:
    """Print a line without wrapping it, with line breaks and control characters as escapes.

    Args:
        line: The line, without a line break at its end.
        err: Whether to print on standard error.
    """
    typer.echo(one_line(line), err=err)


def print_on(console: Console, line: str, *, style: str = "") -> None:
    """Print a line as `print_line` does on a console, which may show a progress bar below it."""
    console.print(Text(one_line(line), style=style), soft_wrap=True)


def show_status(line: str) -> Status:
    """Return a context manager that shows a line on standard error, if that is a terminal."""
    return Console(stderr=True).status(Text(one_line(line)))


def print_table(table: Table) -> None:
    """Print a table as wide as the terminal, or at least 120 columns wide in a pipe."""
    table_console(sys.stdout).print(table)


def table_console(file: IO[str]) -> Console:
    """Return a console for tables whose texts are printed as they are, without Rich's markup."""
    console = Console(file=file, markup=False, emoji=False, highlight=False)
    if not file.isatty():
        console.width = max(console.width, _WIDTH)
    return console
