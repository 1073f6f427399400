"""`roomread refit-head`: fit the last layer of a trained net again, without changing the rest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box as borders
from rich.table import Table

from roomread.classifier import open_model
from roomread.cli.printing import print_line, print_table, show_status
from roomread.cli.workbench import (
    Data,
    FerPlus,
    SplitNames,
    need_training_extra,
    parse_splits,
    read_data,
)
from roomread.errors import RoomreadError
from roomread.runtime import processors
from roomread.training.dataset import FerData

if TYPE_CHECKING:
    from roomread.training.refit import Refit


def command(  # noqa: PLR0913 (each is an option of the command)
    data: Data,
    *,
    model: Annotated[Path, typer.Option("--model", help="The model file to start from.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The model file to write.")],
    ferplus: FerPlus = None,
    split: SplitNames = None,
    balance: Annotated[
        float | None,
        typer.Option(
            "--balance",
            metavar="POINTS",
            min=0.0,
            help="Instead of fitting the head, adjust it so that mild anger, disgust and fear are "
            "read as neutral less often; accuracy may fall by at most POINTS percentage points.",
        ),
    ] = None,
    auxiliary: Annotated[
        Path | None,
        typer.Option(
            "--auxiliary",
            metavar="TABLE",
            help="Instead of the head, fit the outputs for action units and head pose to the "
            "blendshapes and angles in this Parquet table.",
        ),
    ] = None,
) -> None:
    """Fit the last layer of a trained net again, and write a new model file if it is better.

    The last layer (head) turns the features of a face into the scores of the seven expressions.
    It is fitted by logistic regression to the expression that most FER+ taggers chose for each
    Training picture. All other layers stay as they are.

    The settings of the fit are chosen on one half of PublicTest. The model file is written only if
    on the other half accuracy rises and macro-F1 does not fall.

    With --balance the head is adjusted instead, and with --auxiliary other outputs are fitted. The
    model file is then always written.
    """
    if balance is not None and auxiliary is not None:
        raise RoomreadError(
            "--balance and --auxiliary cannot be combined",
            hint="run the command twice, the second time on the file that the first run wrote",
        )
    need_training_extra()
    from roomread.training.refit import refit_head, write_refit  # noqa: PLC0415

    pictures = read_data(data, ferplus, parse_splits(split) or None)
    if auxiliary is not None:
        _fit_auxiliary(model, pictures, auxiliary, output)
        return
    if balance is not None:
        _balance(model, pictures, balance, output)
        return
    with show_status("fitting the head to the features of Training"):
        refit = refit_head(open_model(model, threads=processors()), pictures)
    print_table(_table(refit))
    if not refit.is_confirmed:
        raise RoomreadError(
            "the new head is not better than the old head on the half of PublicTest that was not "
            f"used to choose the new head; {output} is not written",
            hint=f"keep {model}, or train the net with other settings",
        )
    written = write_refit(model, refit, pictures, output)
    print_line(f"wrote {output} ({written.digest})")


def _fit_auxiliary(model: Path, pictures: FerData, table: Path, output: Path) -> None:
    from roomread.training.auxiliary import fit_auxiliary  # noqa: PLC0415
    from roomread.training.auxiliary_outputs import write_auxiliary  # noqa: PLC0415
    from roomread.training.auxiliary_targets import read_targets  # noqa: PLC0415

    targets = read_targets(table, pictures)
    with show_status("fitting action units and pose to the maps of Training"):
        fit = fit_auxiliary(model, pictures, targets)
    written = write_auxiliary(model, fit, output)
    shown = Table(title="agreement on PublicTest", title_justify="left", box=borders.SIMPLE_HEAD)
    for column in ("output", "r, or mean absolute error", "published"):
        shown.add_column(column, no_wrap=True)
    for name, r in fit.correlations.items():
        shown.add_row(name, f"r {r:.2f}", "yes")
    for name, r in fit.unpublished.items():
        shown.add_row(name, f"r {r:.2f}", "no")
    for name, error in fit.errors.items():
        shown.add_row(name.removeprefix("error of "), f"{error:.1f} degrees", "yes")
    print_table(shown)
    print_line(f"wrote {output} ({written.digest})")


def _balance(model: Path, pictures: FerData, lose: float, output: Path) -> None:
    from roomread.training.balance import balance_head  # noqa: PLC0415
    from roomread.training.refit import write_head  # noqa: PLC0415

    opened = open_model(model, threads=processors())
    with show_status("balancing the head on PublicTest"):
        found = balance_head(opened, pictures, lose=lose)
    shown = Table(
        title=f"PublicTest; share of the label's head {found.share:g}, tau {found.tau:g}, "
        f"neutral {found.neutral_bias:+g}",
        title_justify="left",
        box=borders.SIMPLE_HEAD,
    )
    for column in ("half", "head", "accuracy", "recall", "recall of labels", "called neutral"):
        shown.add_column(column, no_wrap=True)
    for half, pair in (("chosen on", found.chosen_on), ("other", found.confirmed_on)):
        for head, measures in zip(("before", "after"), pair, strict=True):
            shown.add_row(half, head, *(f"{value:.3f}" for value in measures))
    print_table(shown)
    card = replace(
        opened.card,
        temperature=found.temperature,
        threshold=found.threshold,
        tau=opened.card.tau + found.tau,
        refit=found.card,
    )
    written = write_head(model, found.head, card, pictures, output)
    print_line(f"wrote {output} ({written.digest})")


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
