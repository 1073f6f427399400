"""`roomread refit-head`: refit the head that users see, on frozen features."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box as borders
from rich.console import Console
from rich.table import Table

from roomread.cli.workbench import (
    Data,
    FerPlus,
    SplitNames,
    need_training_extra,
    parse_splits,
    read_data,
    use_threads,
    wide_console,
)
from roomread.errors import RoomreadError
from roomread.runtime import processors

if TYPE_CHECKING:
    from roomread.training.refit import Refit


def command(
    data: Data,
    *,
    model: Annotated[Path, typer.Option("--model", help="The model file to start from.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The model file to write.")],
    ferplus: FerPlus = None,
    split: SplitNames = None,
) -> None:
    """Refit the head that users see to the FER+ majority, and keep it if it is better.

    Settings are chosen on one half of PublicTest. The file is written only if on the other half
    accuracy rises too and macro-F1 does not fall.
    """
    need_training_extra()
    from roomread.classifier import open_model  # noqa: PLC0415
    from roomread.training.refit import refit_head, write_refit  # noqa: PLC0415

    use_threads(processors())
    pictures = read_data(data, ferplus, parse_splits(split) or None)
    with Console(stderr=True).status("fitting the head to the features of Training"):
        refit = refit_head(open_model(model, threads=processors()), pictures)
    wide_console().print(_table(refit))
    if not refit.is_confirmed:
        raise RoomreadError(
            f"the other half of PublicTest does not confirm the new head; {output} is not written"
        )
    written = write_refit(model, refit, pictures, output)
    Console().print(f"wrote {output} ({written.digest})", highlight=False, soft_wrap=True)


def _table(refit: Refit) -> Table:
    table = Table(
        title=f"FER+ majority, PublicTest; penalty {refit.penalty:g}, tau {refit.tau:.2f}",
        title_justify="left",
        box=borders.SIMPLE_HEAD,
    )
    for column in ("half", "head", "pictures", "accuracy", "macro-F1", "ECE"):
        table.add_column(column, no_wrap=True)
    for half, result in (("chosen on", refit.chosen_on), ("other", refit.confirmed_on)):
        for head, figures in (("before", result.before), ("after", result.after)):
            table.add_row(
                half,
                head,
                str(len(figures.labels)),
                figures.accuracy.short,
                figures.macro_f1.short,
                figures.ece.short,
            )
    return table
