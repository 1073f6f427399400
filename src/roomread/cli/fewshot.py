"""`roomread fewshot`: prepare a net for few-shot learning, and measure its results."""

from __future__ import annotations

import json
from dataclasses import asdict
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
    SplitOption,
    need_training_extra,
    read_data,
    split_named,
    use_threads,
    write_text,
)

if TYPE_CHECKING:
    from roomread.training.fewshot import BenchmarkLine

app = typer.Typer(
    help="Prepare a net for few-shot learning, or benchmark it.", no_args_is_help=True
)


@app.command("prepare")
def prepare_command(
    data: Data,
    *,
    model: Annotated[Path, typer.Option("--model", help="The model file to extend.")],
    ferplus: FerPlus = None,
) -> None:
    """Add the feature statistics of many faces, which `roomread teach` needs, to a model file."""
    need_training_extra()
    from roomread.training.feature_statistics import prepare  # noqa: PLC0415

    pictures = read_data(data, ferplus)
    with show_status("reading the Training pictures"):
        prepared = prepare(model, pictures)
    print_line(f"prepared {model} ({prepared.digest})")


@app.command("benchmark")
def benchmark_command(  # noqa: PLR0913 (each is an option of the command)
    data: Data,
    *,
    ferplus: FerPlus = None,
    model: Annotated[str, typer.Option(help="A bundled model, or a model file.")] = "compact",
    withheld: Annotated[
        str | None,
        typer.Option(
            help="A net trained with configs/withheld.toml; the expressions that its training "
            "withheld are taught to it."
        ),
    ] = None,
    split: SplitOption = "PublicTest",
    episodes: Annotated[int, typer.Option(min=10, help="Number of episodes of each kind.")] = 600,
    seed: Annotated[int, typer.Option(help="Seed of the episodes.")] = 0,
    out: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write the figures as JSON to this file.")
    ] = None,
) -> None:
    """Measure few-shot learning in N-way K-shot episodes."""
    need_training_extra()
    from roomread.training import fewshot  # noqa: PLC0415

    chosen = split_named(split)
    opened = open_model(model)
    novel = open_model(withheld) if withheld is not None else None
    pictures = read_data(data, ferplus)
    use_threads(1)
    with show_status("drawing episodes"):
        pool = fewshot.Pool.make(opened, pictures, chosen)
        results = fewshot.measure_seven(pool, episodes=episodes, seed=seed)
        if pool.contempt.sum() > max(fewshot.REFERENCES) + 1:
            contempt = "(b) no head has it: contempt"
            results += fewshot.measure_state(
                pool, pool.contempt, contempt, episodes=episodes, seed=seed
            )
        results += fewshot.measure_people(pool, opened, seed=seed)
        if novel is not None:
            unseen = fewshot.Pool.make(novel, pictures, chosen)
            results += fewshot.measure_withheld(unseen, novel, episodes=episodes, seed=seed)
    signature = f"fer2013:{chosen.name} | copies:dropped | model:{opened.digest}"
    signature += f" | withheld:{novel.digest}" if novel is not None else ""
    signature += f" | episodes:{episodes} | seed:{seed}"
    _print(results, signature)
    if out is not None:
        values = {"signature": signature, "results": [asdict(result) for result in results]}
        write_text(out, json.dumps(values, indent=1) + "\n")


def _print(results: list[BenchmarkLine], signature: str) -> None:
    references = sorted({result.references for result in results})
    for task in dict.fromkeys(result.task for result in results):
        table = Table(title=task, title_justify="left", box=borders.SIMPLE_HEAD)
        table.add_column("", no_wrap=True)
        for count in references:
            table.add_column(f"{count} shot{'s' if count > 1 else ''}", justify="right")
        rows = [result for result in results if result.task == task]
        for method in dict.fromkeys(result.method for result in rows):
            of = {
                r.references: f"{r.value:.3f} ± {r.margin:.3f}" for r in rows if r.method == method
            }
            table.add_row(method, *(of.get(count, "") for count in references))
        print_table(table)
    print_line(f"± is the 95 % interval over episodes | {signature}")
