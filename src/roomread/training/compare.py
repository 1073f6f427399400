"""Compare the accuracy, size, cost and speed of models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from roomread.classifier import ModelFile, open_model
from roomread.training import charts
from roomread.training.dataset import FerData, Split
from roomread.training.evaluate import LABEL, MAJORITY, evaluate
from roomread.training.nets import NETS, cost, make_net
from roomread.training.report import render
from roomread.training.runs import Run
from roomread.training.timing import milliseconds_a_face


@dataclass(frozen=True, slots=True)
class Compared:
    """The results of one model in the comparison.

    Attributes:
        name: the name of the run's folder or of the model.
        net: a name of `nets.NETS`, followed by "int8" for a quantised model.
        epochs: the recipe's epochs; None if the card has no recipe.
        accuracy: against FER-2013's label, 0..1.
        margin: half the width of the 95 % interval of `accuracy`.
        macro_f1: against FER-2013's label, 0..1.
        ferplus: accuracy against the FER+ majority, 0..1; None without votes.
        disgust: recall against FER-2013's label, 0..1.
        parameters: the number of the net's parameters without the heads; None if this version of
            Roomread lacks the net.
        macs: the number of multiply-adds per face; None where `parameters` is None.
        milliseconds: the median time per face in batches of 25 on one thread, ms;
            always measured anew.
        megabytes: the size of the model file, MB.
    """

    name: str
    net: str
    epochs: int | None
    accuracy: float
    margin: float
    macro_f1: float
    ferplus: float | None
    disgust: float
    parameters: int | None
    macs: int | None
    milliseconds: float
    megabytes: float


def compare(
    models: Sequence[str], data: FerData | None = None, split: Split = Split.PublicTest
) -> list[Compared]:
    """Compare models, and return their results, the most accurate first.

    Args:
        models: folders of runs, model files or names of bundled models.
        data: the pictures to measure on; None to use the results that each run saved.
        split: the split to measure on. Saved results are of PublicTest.

    Raises:
        DataError: `data` is None, and a model does not belong to a run with saved results.
        ModelFileError: a model cannot be opened.
    """
    lines = [_line(name, data, split) for name in models]
    return sorted(lines, key=lambda line: -line.accuracy)


def _line(name: str, data: FerData | None, split: Split) -> Compared:
    folder = Path(name)
    model = open_model(Run(folder).model if folder.is_dir() else name, threads=1)
    if data is not None:
        figures = [result.to_dict() for result in evaluate(model, data, split)]
    else:
        figures = Run(folder if folder.is_dir() else folder.parent).figures()
    official = {figure["name"]: figure for figure in figures}
    label = official[f"{LABEL}, official"]
    seen = official.get(f"{MAJORITY}, official")
    parameters, macs = _cost(model)
    return Compared(
        name=folder.name,
        net=model.card.net + (" int8" if model.card.precision == "int8" else ""),
        epochs=model.card.training.get("epochs"),
        accuracy=label["accuracy"],
        margin=label["accuracy_margin"],
        macro_f1=label["macro_f1"],
        ferplus=seen["accuracy"] if seen else None,
        disgust=label["recall"]["disgust"],
        parameters=parameters,
        macs=macs,
        milliseconds=milliseconds_a_face(model),
        megabytes=model.size / 1e6,
    )


def _cost(model: ModelFile) -> tuple[int, int] | tuple[None, None]:
    known = model.card.net in NETS
    return cost(make_net(model.card.net)) if known else (None, None)


def comparison_page(lines: Sequence[Compared], runs: Sequence[Run], *, command: str) -> str:
    """Return the comparison as one HTML page with a table and charts."""
    names = [line.name for line in lines]
    accuracy = {"FER-2013 label": [line.accuracy for line in lines]}
    accuracy["macro-F1"] = [line.macro_f1 for line in lines]
    if all(line.ferplus is not None for line in lines):
        accuracy["FER+ majority"] = [line.ferplus or 0.0 for line in lines]
    curves = {run.folder.name: run.curves() for run in runs}
    return render(
        "comparison.html.j2",
        title="Nets compared",
        command=command,
        lines=lines,
        bars=charts.bars(names, accuracy, ylabel="0 to 1"),
        speed=charts.scatter(
            names,
            [line.milliseconds for line in lines],
            [line.accuracy for line in lines],
            labels=("milliseconds a face, one thread, batch 25", "accuracy, FER-2013 label"),
        ),
        curves=charts.lines(
            {
                name: [(row["epoch"] + 1, row["val_accuracy"]) for row in rows]
                for name, rows in curves.items()
                if rows
            },
            labels=("epoch", "accuracy on PublicTest"),
        ),
    )


def as_rows(lines: Sequence[Compared]) -> list[dict[str, Any]]:
    """Return the results as dictionaries, ready for CSV and JSON."""
    return [asdict(line) for line in lines]
