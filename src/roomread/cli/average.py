"""`roomread average`: average the weights of several runs into a new run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from roomread.cli.printing import print_line
from roomread.cli.workbench import DataOption, FerPlus, need_training_extra, read_data


def command(
    folders: Annotated[
        list[Path],
        typer.Argument(metavar="RUN...", help="Folders of runs that started from the same run."),
    ],
    *,
    out: Annotated[Path, typer.Option("--out", help="The new run's folder.")],
    data: DataOption = None,
    ferplus: FerPlus = None,
) -> None:
    """Average the weights of runs that train the same net, and write a calibrated model file."""
    need_training_extra()
    from roomread.training.average import average_runs  # noqa: PLC0415
    from roomread.training.runs import Run  # noqa: PLC0415

    runs = [Run(folder) for folder in folders]
    pictures = read_data(data, ferplus) if data is not None else runs[0].data()
    model = average_runs(runs, pictures, out)
    lines = [f"wrote {Run(out).model} ({model.size / 1e6:.1f} MB)"]
    lines += [f"{name}: {figure}" for name, figure in model.card.figures.items()]
    for line in lines:
        print_line(line)
