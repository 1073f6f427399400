"""`roomread export`: write the best epoch of a training run as a model file, in fp32 or int8."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from roomread.cli.printing import print_line
from roomread.cli.workbench import DataOption, FerPlus, need_training_extra, read_data
from roomread.errors import DataError, OutputError


def command(
    folder: Annotated[
        Path, typer.Argument(metavar="RUN", help="The --out folder of `roomread train`.")
    ],
    *,
    int8: Annotated[
        bool, typer.Option("--int8", help="Also write model.int8.onnx, and compare it.")
    ] = False,
    data: DataOption = None,
    ferplus: FerPlus = None,
) -> None:
    """Write the model file of a run again, calibrated on PublicTest, and optionally in int8."""
    need_training_extra()
    from roomread.training.quantise import quantise  # noqa: PLC0415
    from roomread.training.runs import Run  # noqa: PLC0415
    from roomread.training.workbench import finish  # noqa: PLC0415

    run = Run(folder)
    if not run.checkpoint.exists():
        raise DataError(
            f"{folder}: has no run with a finished epoch",
            hint="name the --out folder of `roomread train`",
        )
    pictures = read_data(data, ferplus) if data is not None else run.data()
    try:
        model = finish(run, pictures)
        print_line(f"wrote {run.model} ({model.size / 1e6:.1f} MB); ONNX Runtime and torch agree")
        if int8:
            result = quantise(run.model, pictures, run.int8_model)
            print_line(
                f"wrote {run.int8_model} ({result.model.size / 1e6:.1f} MB): "
                f"{result.model.card.figures['against fp32']}"
            )
            if result.times_as_fast < 1.1:
                print_line(
                    "int8 is hardly faster on this processor: model.onnx is the better choice"
                )
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot be written: {error.strerror or error}",
            hint="check the permissions of the folder and the space on its disk",
        ) from error
