"""`roomread train`: a recipe and a data set to a model file."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from roomread.cli.workbench import Data, FerPlus, need_training_extra, read_data, use_threads
from roomread.errors import RoomreadError
from roomread.settings.compute import ComputeEngine

if TYPE_CHECKING:
    from roomread.training.recipe import Recipe
    from roomread.training.workbench import Trainer


def command(  # noqa: PLR0913 (each is an option of the command)
    data: Data,
    *,
    out: Annotated[Path, typer.Option("--out", help="The run's folder.")],
    config: Annotated[
        str | None,
        typer.Option(
            help="A recipe in TOML, a run's recipe.json, or a model whose card has one "
            "('compact': the bundled model's). The options below change it."
        ),
    ] = None,
    net: Annotated[str | None, typer.Option(help="The net to train.")] = None,
    epochs: Annotated[int | None, typer.Option(help="At most so many.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of weights, order, augmentation.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Pictures a step.")] = None,
    optimizer: Annotated[str | None, typer.Option(help="sgd or adamw.")] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="The highest; 0.1 suits sgd, 0.002 adamw.")
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(help="What the head users see learns: label, votes (FER+) or blend."),
    ] = None,
    imbalance: Annotated[
        str | None,
        typer.Option(help="For rare classes: none, sampling, weights, focal, logit-adjustment."),
    ] = None,
    imbalance_strength: Annotated[
        float | None, typer.Option(help="Power of the counts, gamma, or tau.")
    ] = None,
    mixup: Annotated[float | None, typer.Option(help="Alpha of mixup; 0 for none.")] = None,
    cutout: Annotated[float | None, typer.Option(help="How often a rectangle is cut out.")] = None,
    teacher: Annotated[
        list[str] | None, typer.Option(help="A model file to learn from; may be repeated.")
    ] = None,
    start: Annotated[
        str | None, typer.Option(help="A run's folder whose best weights are the first ones.")
    ] = None,
    drop_test_copies: Annotated[
        bool, typer.Option("--drop-test-copies", help="Leave out copies of test pictures.")
    ] = False,
    ferplus: FerPlus = None,
    engine: Annotated[
        ComputeEngine, typer.Option(help="On this machine, or on the workers of a Ray cluster.")
    ] = ComputeEngine.LOCAL,
    accelerator: Annotated[str, typer.Option(help="auto, cpu, gpu or mps.")] = "auto",
    devices: Annotated[
        int, typer.Option(min=1, help="GPUs, or processes on a CPU; with Ray its workers.")
    ] = 1,
    precision: Annotated[str, typer.Option(help="32-true, bf16-mixed or 16-mixed.")] = "32-true",
    threads: Annotated[
        int | None, typer.Option(min=1, help="Processor threads; all if left out, one with Ray.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on after the last whole epoch in --out.")
    ] = False,
) -> None:
    """Train a net on FER-2013 and write it as a model file, chosen on PublicTest."""
    need_training_extra()
    from roomread.training.hardware import Hardware  # noqa: PLC0415
    from roomread.training.nets import cost, make_net  # noqa: PLC0415
    from roomread.training.runs import DataSource, Run  # noqa: PLC0415
    from roomread.training.workbench import train_model  # noqa: PLC0415

    trainer = _trainer(engine)

    run = Run(out)
    if resume and config is None and run.recipe_file.exists():
        config = str(run.recipe_file)
    changes: dict[str, Any] = {
        "net": net,
        "epochs": epochs,
        "seed": seed,
        "batch_size": batch_size,
        "optimizer": optimizer,
        "learning_rate": learning_rate,
        "target": target,
        "imbalance": imbalance,
        "imbalance_strength": imbalance_strength,
        "mixup": mixup,
        "cutout": cutout,
        "teachers": teacher,
        "start": start,
        "drop_test_copies": drop_test_copies or None,
    }
    recipe = _recipe(config, {name: value for name, value in changes.items() if value is not None})
    use_threads(threads)
    console = Console()
    parameters, macs = cost(make_net(recipe.net))
    console.print(
        f"{recipe.net}: {parameters / 1e6:.2f} M parameters, {macs / 1e6:.0f} M multiply-adds"
    )
    pictures = read_data(data, ferplus)
    if pictures.votes is None:
        console.print("no FER+ votes: the net learns FER-2013's labels with one head")
    source = DataSource(
        str(data.resolve()), str(ferplus.resolve()) if ferplus else None, pictures.digest
    )
    hardware = Hardware(accelerator, devices, precision, threads)
    try:
        model = train_model(
            pictures, recipe, out, source=source, resume=resume, hardware=hardware, trainer=trainer
        )
    except KeyboardInterrupt:
        Console(stderr=True).print(_interrupted(run), highlight=False, soft_wrap=True)
        raise typer.Exit(130) from None
    except OSError as error:
        raise RoomreadError(
            f"{out}: cannot be written: {error.strerror or error}",
            hint="the last whole epoch is kept; make room and --resume",
        ) from error
    console.print(f"wrote {run.model} ({model.size / 1e6:.1f} MB)", highlight=False, soft_wrap=True)
    for name, figure in model.card.figures.items():
        console.print(f"{name}: {figure}", highlight=False, soft_wrap=True)


def _trainer(engine: ComputeEngine) -> Trainer:
    if engine is ComputeEngine.RAY:
        from roomread.cluster import training as train_on_ray  # noqa: PLC0415

        return train_on_ray.train
    from roomread.training import fit  # noqa: PLC0415

    return fit.train


def _recipe(config: str | None, changes: dict[str, Any]) -> Recipe:
    from roomread.classifier import open_model  # noqa: PLC0415
    from roomread.training.recipe import Recipe  # noqa: PLC0415

    if config is None:
        base: dict[str, Any] = {}
    elif Path(config).suffix in (".toml", ".json"):
        base = asdict(Recipe.read(Path(config)))
    else:
        base = open_model(config).card.training
    return Recipe.from_dict(base | changes, source=config or "the recipe")


def _interrupted(run: object) -> str:
    from roomread.training.runs import Run  # noqa: PLC0415

    if isinstance(run, Run) and run.last_checkpoint.exists():
        return f"stopped; the last whole epoch is kept: go on with --out {run.folder} --resume"
    return "stopped before the first epoch ended; nothing is kept"
