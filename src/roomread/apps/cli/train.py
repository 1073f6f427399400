"""`roomread train`, `evaluate` and `data review`: the doors to the room `training`."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box as borders
from rich.console import Console
from rich.table import Table

from roomread.errors import MissingExtraError
from roomread.readings import Expression

if TYPE_CHECKING:
    # torch takes seconds to import, and only these commands need it.
    from roomread.training.dataset import Copies, FerData
    from roomread.training.evaluate import Evaluation

data_app = typer.Typer(help="Look into a data set.", no_args_is_help=True)

Data = Annotated[
    Path,
    typer.Argument(help="fer2013.csv, icml_face_data.csv, a folder with train/ and test/, parquet"),
]
FerPlus = Annotated[
    Path | None, typer.Option("--ferplus", help="fer2013new.csv: the FER+ votes of a CSV.")
]


def _need_training_extra() -> None:
    if importlib.util.find_spec("torch") is None or importlib.util.find_spec("lightning") is None:
        raise MissingExtraError("training and evaluating nets", extra="train")


def train_command(  # noqa: PLR0913 (each is an option of the command)
    data: Data,
    *,
    out: Annotated[Path, typer.Option("--out", help="The run's folder.")],
    net: Annotated[str, typer.Option(help="The net to train.")] = "compact",
    epochs: Annotated[int, typer.Option(min=1, help="At most so many.")] = 20,
    seed: Annotated[int, typer.Option(help="Of weights, order and augmentation.")] = 0,
    ferplus: FerPlus = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Processor threads; all if left out.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on after the last whole epoch in --out.")
    ] = False,
) -> None:
    """Train a net on FER-2013 and write it as a model file, chosen on PublicTest."""
    _need_training_extra()
    import torch  # noqa: PLC0415

    from roomread.training.fer2013 import read_fer2013  # noqa: PLC0415
    from roomread.training.nets import cost, make_net  # noqa: PLC0415
    from roomread.training.recipe import Recipe  # noqa: PLC0415
    from roomread.training.workbench import train_model  # noqa: PLC0415

    if threads is not None:
        torch.set_num_threads(threads)
    recipe = Recipe(net=net, epochs=epochs, seed=seed)
    console = Console()
    parameters, macs = cost(make_net(net))
    console.print(f"{net}: {parameters / 1e6:.2f} M parameters, {macs / 1e6:.0f} M multiply-adds")
    model = train_model(read_fer2013(data, ferplus=ferplus), recipe, out, resume=resume)
    console.print(f"wrote {out / 'model.onnx'} ({model.size / 1e6:.1f} MB)")
    for name, figure in model.card.figures.items():
        console.print(f"{name}: {figure}", highlight=False)


def evaluate_command(
    data: Data,
    *,
    model: Annotated[str, typer.Option(help="A bundled name or a model file.")] = "compact",
    split: Annotated[
        str, typer.Option(help="PrivateTest is for the last report; choose on PublicTest.")
    ] = "PrivateTest",
    ferplus: FerPlus = None,
) -> None:
    """Measure a model file on the official test pictures and on those without training copies."""
    _need_training_extra()
    from roomread.classifier import open_model  # noqa: PLC0415
    from roomread.training.dataset import Split  # noqa: PLC0415
    from roomread.training.evaluate import evaluate  # noqa: PLC0415
    from roomread.training.fer2013 import read_fer2013  # noqa: PLC0415

    if split not in Split.__members__:
        raise typer.BadParameter(f"one of {', '.join(Split.__members__)}", param_hint="--split")
    opened = open_model(model)
    results = evaluate(opened, read_fer2013(data, ferplus=ferplus), Split[split])
    _print_evaluations(results)


def _print_evaluations(results: list[Evaluation]) -> None:
    # A pipe has no width of its own.
    console = Console(width=None if sys.stdout.isatty() else 110)
    title = "± is the 95 % interval; the seven on the right are each expression's recall"
    table = Table(title=title, title_justify="left", box=borders.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in ("compared with", "accuracy", "macro-F1", "ECE"):
        table.add_column(column, no_wrap=True)
    for e in Expression:
        table.add_column(e.display_name[:3], justify="right")
    for result in results:
        margin = f" ± {result.accuracy.margin:.3f}" if result.accuracy.margin is not None else ""
        table.add_row(
            result.name,
            f"{result.accuracy.value:.3f}{margin}",
            f"{result.macro_f1.value:.3f}",
            f"{result.ece.value:.3f}",
            *(f"{result.recall[e]:.2f}" for e in Expression),
        )
    console.print(table)
    for result in results:
        console.print(f"{result.name}: {result.accuracy}", highlight=False, soft_wrap=True)


@data_app.command("review")
def review_command(
    data: Data,
    *,
    ferplus: FerPlus = None,
    copies: Annotated[
        Path | None, typer.Option("--copies", help="Write every group of copies to this CSV.")
    ] = None,
) -> None:
    """Count classes by split, and find pictures that stand in the set more than once."""
    _need_training_extra()
    from roomread.training.dataset import find_copies  # noqa: PLC0415
    from roomread.training.fer2013 import read_fer2013  # noqa: PLC0415

    pictures = read_fer2013(data, ferplus=ferplus)
    groups = find_copies(pictures)
    _print_review(pictures, groups)
    if copies is not None:
        _write_copies(groups, pictures, copies)


def _print_review(data: FerData, groups: list[Copies]) -> None:
    from roomread.training.dataset import Split, seen_in_training  # noqa: PLC0415

    console = Console()
    table = Table(title=f"{len(data)} pictures ({data.digest})", title_justify="left")
    table.add_column("split")
    for e in Expression:
        table.add_column(e.display_name, justify="right")
    table.add_column("all", justify="right")
    table.add_column("also in Training", justify="right")
    seen = seen_in_training(data)
    for split in Split:
        rows = data.splits == split
        counts = Counter(data.labels[rows].tolist())
        table.add_row(
            split.name,
            *(str(counts[e]) for e in Expression),
            str(int(rows.sum())),
            str(int(seen[rows].sum())) if split is not Split.Training else "",
        )
    console.print(table)
    across = sum(group.across_splits for group in groups)
    differing = sum(not group.labels_agree for group in groups)
    console.print(
        f"{len(groups)} pictures stand in the set more than once, {across} of them in more than "
        f"one split; {differing} carry different labels"
    )


def _write_copies(groups: list[Copies], data: FerData, path: Path) -> None:
    from roomread.media import atomic_path  # noqa: PLC0415

    with atomic_path(path) as draft, draft.open("w", encoding="utf-8") as file:
        file.write("group,row,split,expression\n")
        for number, group in enumerate(groups):
            for row, split, label in zip(group.rows, group.splits, group.labels, strict=True):
                file.write(f"{number},{data.rows[row]},{split.name},{label.display_name}\n")
