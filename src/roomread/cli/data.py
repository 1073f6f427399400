"""`roomread data review`: find copies and doubtful labels in a data set."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box as borders
from rich.table import Table

from roomread.classifier import open_model
from roomread.cli.printing import print_table, show_status
from roomread.cli.workbench import (
    Data,
    FerPlus,
    SplitNames,
    need_training_extra,
    parse_splits,
    read_data,
    this_command,
    write_text,
)
from roomread.readings import Expression
from roomread.runtime import processors
from roomread.training.dataset import FerData, Split
from roomread.training.recipe import Recipe

if TYPE_CHECKING:
    from roomread.training.review import Review

app = typer.Typer(help="Inspect a data set.", no_args_is_help=True)


@app.callback()
def _data() -> None:
    """Inspect a data set."""


@app.command("review")
def review_command(  # noqa: PLR0913 (each is an option of the command)
    data: Data,
    *,
    ferplus: FerPlus = None,
    split: SplitNames = None,
    model: Annotated[
        str, typer.Option(help="The model that is compared with labels outside Training.")
    ] = "compact",
    folds: Annotated[
        int | None,
        typer.Option(
            help="Number of nets to train, each without a part of Training, to check its labels."
        ),
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of each of these nets.")] = 8,
    out: Annotated[
        Path, typer.Option("--out", help="The folder of these nets; finished ones are reused.")
    ] = Path("runs/folds"),
    report: Annotated[Path, typer.Option(help="The page to write.")] = Path("review.html"),
    rows: Annotated[
        Path | None, typer.Option("--rows", help="Write every finding to this CSV.")
    ] = None,
) -> None:
    """Count classes, and find copies, blank pictures, non-faces and labels that may be wrong."""
    need_training_extra()
    from roomread.training import review, review_page  # noqa: PLC0415

    opened = open_model(model, threads=processors())
    pictures = read_data(data, ferplus, parse_splits(split) or None)
    predicted = review.unseen_by(opened, pictures)
    if folds is not None:
        predicted += review.out_of_fold(pictures, Recipe(epochs=epochs), folds, out)
    with show_status("looking for copies and doubtful labels"):
        found = review.review(pictures, predicted)
    _print(pictures, found)
    if rows is not None:
        table = io.StringIO()
        lines = review_page.rows(pictures, found)
        writer = csv.DictWriter(table, review_page.COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
        write_text(rows, table.getvalue())
    write_text(report, review_page.review_page(pictures, found, command=this_command()))


def _print(data: FerData, found: Review) -> None:
    from roomread.training import review_page  # noqa: PLC0415

    table = Table(
        title=f"{len(data)} pictures ({data.digest})",
        title_justify="left",
        box=borders.SIMPLE_HEAD,
    )
    table.add_column("split")
    for e in Expression:
        table.add_column(e.display_name, justify="right")
    table.add_column("all", justify="right")
    for split, counts in review_page.classes(data).items():
        table.add_row(split, *map(str, counts), str(sum(counts)))
    print_table(table)
    table = Table(title="What may be wrong", title_justify="left", box=borders.SIMPLE_HEAD)
    table.add_column("finding")
    for column in (*(split.name for split in Split), "in another split", "with another label"):
        table.add_column(column, justify="right")
    for line in review_page.count_findings(data, found):
        table.add_row(
            line.kind,
            *map(str, line.by_split),
            str(line.across) if line.across is not None else "",
            str(line.relabelled) if line.relabelled is not None else "",
        )
    print_table(table)
