"""Options and helpers shared by the commands for training and evaluation."""

from __future__ import annotations

import importlib.util
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from roomread.cli.printing import print_line, show_status
from roomread.errors import MissingExtraError
from roomread.media import atomic_path
from roomread.training.dataset import FerData, Split

Data = Annotated[
    Path,
    typer.Argument(
        help="fer2013.csv, icml_face_data.csv, a Parquet file, or a folder with train/ and test/."
    ),
]
DataOption = Annotated[
    Path | None, typer.Option("--data", help="The data set, in a form that `roomread train` reads.")
]
FerPlus = Annotated[
    Path | None,
    typer.Option("--ferplus", help="fer2013new.csv, the FER+ votes for a data set in CSV."),
]
SplitOption = Annotated[
    str,
    typer.Option(
        "--split",
        help="The split to measure on. Use PublicTest to choose a model, and PrivateTest only for "
        "the final report.",
    ),
]
SplitNames = Annotated[
    list[str] | None,
    typer.Option(
        "--split",
        metavar="NAME=SPLIT",
        help="Assign a folder or a value of the column Usage to a split; may be repeated: "
        "train=Training, val=PublicTest, test=PrivateTest. For a file without this column: "
        "train.csv=Training.",
    ),
]


def need_training_extra() -> None:
    """Check that torch, Lightning and the other packages of the extra `train` are installed.

    Raises:
        MissingExtraError: the extra `train` is not installed.
    """
    for module in ("torch", "lightning", "kornia", "jinja2", "matplotlib"):
        if importlib.util.find_spec(module) is None:
            raise MissingExtraError("training and evaluating nets", extra="train")


def use_threads(threads: int | None) -> None:
    """Set the number of CPU threads of torch; None keeps torch's default."""
    import torch  # noqa: PLC0415

    if threads is not None:
        torch.set_num_threads(threads)


def read_data(
    path: Path, ferplus: Path | None, splits: Mapping[str, Split] | None = None
) -> FerData:
    """Read a data set while a status line is shown.

    Raises:
        DataError: the data set cannot be read.
    """
    from roomread.training.fer2013 import read_fer2013  # noqa: PLC0415

    with show_status(f"reading {path}"):
        return read_fer2013(path, ferplus=ferplus, splits=splits)


def parse_splits(texts: Sequence[str] | None) -> dict[str, Split]:
    """Parse texts such as "train=Training" into splits by name.

    Raises:
        typer.BadParameter: a text is not NAME=SPLIT, or names an unknown split.
    """
    splits = {}
    for text in texts or ():
        name, equals, split = text.partition("=")
        if not name or not equals:
            raise typer.BadParameter(f"'{text}' is not NAME=SPLIT", param_hint="--split")
        splits[name] = split_named(split)
    return splits


def split_named(name: str) -> Split:
    """Return a split by its published name.

    Raises:
        typer.BadParameter: no split has this name.
    """
    if name not in Split.__members__:
        raise typer.BadParameter(
            f"must be one of {', '.join(Split.__members__)}", param_hint="--split"
        )
    return Split[name]


def this_command() -> str:
    """Return the command line of this run, quoted for a shell, to print in reports."""
    return shlex.join(["roomread", *sys.argv[1:]])


def write_text(path: Path, text: str) -> None:
    """Write a file atomically, and print its path.

    Raises:
        OutputError: the file cannot be written.
    """
    with atomic_path(path) as draft:
        draft.write_text(text, encoding="utf-8")
    print_line(f"wrote {path}")
