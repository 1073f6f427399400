"""`roomread evaluate` and `roomread compare`: measure models."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box as borders
from rich.table import Table

from roomread.classifier import open_model
from roomread.cli.printing import print_line, print_table, show_status
from roomread.cli.workbench import (
    Data,
    DataOption,
    FerPlus,
    SplitOption,
    need_training_extra,
    parse_splits,
    read_data,
    split_named,
    this_command,
    write_text,
)
from roomread.errors import DataError
from roomread.readings import Expression
from roomread.runtime import processors

if TYPE_CHECKING:
    from roomread.training.compare import Compared
    from roomread.training.evaluate import Evaluation
    from roomread.training.picture_sets import LabelledPictures
    from roomread.training.runs import Run


def evaluate_command(  # noqa: PLR0913 (each is an option of the command)
    data: Data,
    *,
    model: Annotated[
        str, typer.Option(help="A bundled name, a model file or a run's folder.")
    ] = "compact",
    split: Annotated[
        list[str] | None,
        typer.Option(
            help="The split to measure on: PrivateTest (default) for the final report, PublicTest "
            "to choose a model. NAME=SPLIT assigns a folder to a split, as in `roomread train`."
        ),
    ] = None,
    ferplus: FerPlus = None,
    report: Annotated[
        Path | None,
        typer.Option(help="The HTML page to write; report.html beside the model if left out."),
    ] = None,
    no_report: Annotated[
        bool,
        typer.Option(
            "--no-report", help="Print only the table; do not measure robustness or write the page."
        ),
    ] = False,
    crops: Annotated[
        bool,
        typer.Option(
            "--crops",
            help="For RAF-DB, AffectNet or EmoNet-Face: the pictures are already face crops.",
        ),
    ] = False,
) -> None:
    """Measure a model on all official test pictures, and on those without a copy in Training.

    A folder of RAF-DB, AffectNet or EmoNet-Face is recognised by its label files. The faces in its
    pictures are detected first, unless --crops is given, and only the table is printed.
    """
    need_training_extra()
    others = _other_pictures(data)
    if others is not None:
        _evaluate_pictures(model, others, crops=crops)
        return
    if crops:
        raise typer.BadParameter(
            "applies only to RAF-DB, AffectNet and EmoNet-Face", param_hint="--crops"
        )
    from roomread.training.evaluate import evaluate  # noqa: PLC0415
    from roomread.training.report import evaluation_report  # noqa: PLC0415

    measured = [text for text in split or () if "=" not in text] or ["PrivateTest"]
    chosen = split_named(measured[-1])
    splits = parse_splits([text for text in split or () if "=" in text])
    run = _run_of(model)
    opened = open_model(_model_file(model), threads=processors())
    pictures = read_data(data, ferplus, splits or None)
    if not len(pictures.split(chosen)):
        raise DataError(
            f"{data}: has no {chosen.name} rows", hint="choose another split with --split"
        )
    results = evaluate(opened, pictures, chosen)
    _print_evaluations(results)
    if no_report:
        return
    with show_status("measuring robustness"):
        page = evaluation_report(
            opened,
            pictures,
            chosen,
            results,
            command=this_command(),
            run=run if run is not None and run.recipe_file.exists() else None,
        )
    write_text(report or (run.folder if run is not None else Path()) / "report.html", page)


def _run_of(model: str) -> Run | None:
    """Return the run whose folder contains the model file; None for a bundled model."""
    from roomread.training.runs import Run  # noqa: PLC0415

    place = Path(model)
    if not place.exists():
        return None
    return Run(place if place.is_dir() else place.parent)


def _model_file(model: str) -> str | Path:
    """Return the model file of a run's folder; any other name or path is returned unchanged."""
    from roomread.training.runs import Run  # noqa: PLC0415

    return Run(Path(model)).model if Path(model).is_dir() else model


def _other_pictures(data: Path) -> LabelledPictures | None:
    from roomread.training.picture_sets import read_picture_set  # noqa: PLC0415

    return read_picture_set(data) if data.is_dir() else None


def _evaluate_pictures(model: str, pictures: LabelledPictures, *, crops: bool) -> None:
    from roomread.training.evaluate_pictures import evaluate_pictures  # noqa: PLC0415

    opened = open_model(_model_file(model), threads=processors())
    with show_status(f"reading the faces of {pictures.name}"):
        found = evaluate_pictures(opened, pictures, crops=crops)
    _print_evaluations(found.results)
    counted = f"{found.pictures} pictures; in {found.without_face} the face is not found, and "
    counted += f"{found.unreadable} of the others would be called unreadable"
    lines = [counted, f"{pictures.licence}."]
    if pictures.left_out:
        counts = ", ".join(f"{n} {label}" for label, n in pictures.left_out.most_common())
        lines.insert(1, f"left out, as none of the seven expressions: {counts}")
    if pictures.absent:
        names = ", ".join(e.display_name for e in pictures.absent)
        lines.insert(1, f"no picture is {names}; macro-F1 is the mean of the others")
    for line in lines:
        print_line(line)


def _print_evaluations(results: list[Evaluation]) -> None:
    title = "± is the 95 % interval; the last seven columns are the recall of each expression"
    table = Table(title=title, title_justify="left", box=borders.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in ("compared with", "accuracy", "macro-F1", "ECE", "before"):
        table.add_column(column, no_wrap=True)
    for e in Expression:
        table.add_column(e.display_name[:3], justify="right")
    for result in results:
        table.add_row(
            result.name,
            result.accuracy.short,
            result.macro_f1.short,
            result.ece.short,
            result.ece_before.short,
            *(f"{result.recall[e]:.2f}" if e in result.labels else "-" for e in Expression),
        )
    print_table(table)
    for result in results:
        print_line(f"{result.name}: {result.accuracy}")


def compare_command(
    models: Annotated[
        list[str], typer.Argument(help="Runs' folders, model files or bundled names.")
    ],
    *,
    data: DataOption = None,
    ferplus: FerPlus = None,
    split: SplitOption = "PublicTest",
    out: Annotated[
        Path, typer.Option("-o", "--output", help="The .html, .csv or .json file to write.")
    ] = Path("compare.html"),
) -> None:
    """Compare models by accuracy, macro-F1, size, computing cost and time per face."""
    need_training_extra()
    from roomread.training.compare import as_rows, compare, comparison_page  # noqa: PLC0415
    from roomread.training.runs import Run  # noqa: PLC0415

    if out.suffix not in (".html", ".csv", ".json"):
        raise typer.BadParameter("must end with .html, .csv or .json", param_hint="--output")
    chosen = split_named(split)
    pictures = read_data(data, ferplus) if data is not None else None
    try:
        lines = compare(models, pictures, chosen)
    except DataError as error:
        if pictures is not None:
            raise
        raise DataError(error.problem, hint="pass the data set with --data DATA") from error
    _print_comparison(lines)
    if out.suffix == ".html":
        runs = [Run(Path(name)) for name in models if Path(name).is_dir()]
        text = comparison_page(lines, runs, command=this_command())
    elif out.suffix == ".json":
        text = json.dumps(as_rows(lines), indent=2) + "\n"
    else:
        table = io.StringIO()
        writer = csv.DictWriter(table, list(as_rows(lines)[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(as_rows(lines))
        text = table.getvalue()
    write_text(out, text)


def _print_comparison(lines: list[Compared]) -> None:
    table = Table(box=borders.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("run", no_wrap=True)
    for column in ("net", "epochs", "accuracy", "macro-F1", "disgust", "FER+"):
        table.add_column(column, no_wrap=True)
    for column in ("params", "MACs", "ms a face", "MB"):
        table.add_column(column, justify="right", no_wrap=True)
    for line in lines:
        table.add_row(
            line.name,
            line.net,
            str(line.epochs) if line.epochs is not None else "-",
            f"{line.accuracy:.3f} ± {line.margin:.3f}",
            f"{line.macro_f1:.3f}",
            f"{line.disgust:.2f}",
            f"{line.ferplus:.3f}" if line.ferplus is not None else "-",
            f"{line.parameters / 1e6:.2f} M" if line.parameters is not None else "-",
            f"{line.macs / 1e6:.0f} M" if line.macs is not None else "-",
            f"{line.milliseconds:.2f}",
            f"{line.megabytes:.1f}",
        )
    print_table(table)
