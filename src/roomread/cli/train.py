"""`roomread train`: train a net with a recipe and write a model file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from roomread.classifier import ModelFile, open_model
from roomread.cli.printing import print_line, show_status
from roomread.cli.workbench import (
    Data,
    FerPlus,
    SplitNames,
    need_training_extra,
    parse_splits,
    read_data,
    use_threads,
)
from roomread.errors import RoomreadError
from roomread.settings.compute import ComputeEngine
from roomread.training.dataset import FerData
from roomread.training.recipe import Recipe

if TYPE_CHECKING:
    from roomread.training.runs import DataSource, Run
    from roomread.training.workbench import Trainer

Out = Annotated[Path, typer.Option("--out", help="The run's folder.")]
Config = Annotated[
    str | None,
    typer.Option(
        help="A recipe in TOML, a run's recipe.json, or a model whose card contains a recipe, such "
        "as compact, the bundled model. The options below override it."
    ),
]
Net = Annotated[str | None, typer.Option(help="The net to train.")]
Epochs = Annotated[int | None, typer.Option(help="Maximum number of epochs.")]
Seed = Annotated[int | None, typer.Option(help="Seed of weights, order and augmentation.")]
BatchSize = Annotated[int | None, typer.Option(help="Pictures per step, over all devices.")]
Optimizer = Annotated[str | None, typer.Option(help="sgd or adamw.")]
LearningRate = Annotated[
    float | None, typer.Option(help="Highest learning rate; 0.1 suits sgd, 0.002 adamw.")
]
Target = Annotated[
    str | None,
    typer.Option(help="The target of the head that users see: label, votes (FER+) or blend."),
]
Imbalance = Annotated[
    str | None,
    typer.Option(help="For rare classes: none, sampling, weights, focal, logit-adjustment."),
]
ImbalanceStrength = Annotated[
    float | None,
    typer.Option(help="Strength of --imbalance: the power of the class counts, gamma, or tau."),
]
Mixup = Annotated[float | None, typer.Option(help="Alpha of mixup; 0 for none.")]
Cutout = Annotated[float | None, typer.Option(help="Probability that a rectangle is cut out.")]
Jpeg = Annotated[
    float | None, typer.Option(help="Probability of JPEG artefacts, quality 10 to 60.")
]
SmallFace = Annotated[
    float | None, typer.Option(help="Probability that a face is scaled to 12 to 32 px and back.")
]
MotionBlur = Annotated[
    float | None, typer.Option(help="Probability of a motion blur of 3 to 7 px.")
]
Noise = Annotated[float | None, typer.Option(help="Probability of noise, sigma up to 0.08.")]
Teachers = Annotated[
    list[str] | None, typer.Option("--teacher", help="A model file to learn from; may be repeated.")
]
Views = Annotated[
    int | None,
    typer.Option(help="Number of augmented views of each picture that the teachers see."),
]
Start = Annotated[
    str | None,
    typer.Option(
        help="Start from the weights of this run's folder or model file. A compact net can also "
        "start from a wider one."
    ),
]
Unlabelled = Annotated[
    str | None,
    typer.Option(
        metavar="DIR",
        help="Also learn the teachers' predictions for the faces in this folder of pictures.",
    ),
]
UnlabelledCrops = Annotated[
    bool, typer.Option("--unlabelled-crops", help="The pictures of --unlabelled are face crops.")
]
UnlabelledShare = Annotated[
    float | None, typer.Option(help="Share of unlabelled pictures in a batch, 0 to 1.")
]
Auxiliary = Annotated[
    str | None,
    typer.Option(
        metavar="TABLE",
        help="Learn action units and head pose as a second task, from this Parquet table.",
    ),
]
AuxiliaryOutputs = Annotated[
    list[str] | None,
    typer.Option(
        "--auxiliary-output", help="action_units or pose; may be repeated, both if left out."
    ),
]
AuxiliaryWeight = Annotated[
    float | None,
    typer.Option(help="Weight of the auxiliary loss, relative to 1 for an expression head."),
]
DropTestCopies = Annotated[
    bool, typer.Option("--drop-test-copies", help="Leave out copies of test pictures.")
]
Engine = Annotated[
    ComputeEngine,
    typer.Option(help="Where to train: on this machine, or on the workers of a Ray cluster."),
]
Accelerator = Annotated[str, typer.Option(help="auto, cpu, gpu or mps.")]
Devices = Annotated[
    int,
    typer.Option(
        min=1, help="Number of GPUs, of processes on a CPU, or with Ray of workers to train on."
    ),
]
Precision = Annotated[
    str,
    typer.Option(
        help="auto, 32-true, bf16-mixed or 16-mixed; auto chooses bf16-mixed if the hardware "
        "supports it."
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(min=1, help="Number of CPU threads; by default all, or one with Ray."),
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Continue after the last whole epoch in --out.")
]


def command(  # noqa: PLR0913 (each is an option of the command)
    data: Data,
    *,
    out: Out,
    config: Config = None,
    net: Net = None,
    epochs: Epochs = None,
    seed: Seed = None,
    batch_size: BatchSize = None,
    optimizer: Optimizer = None,
    learning_rate: LearningRate = None,
    target: Target = None,
    imbalance: Imbalance = None,
    imbalance_strength: ImbalanceStrength = None,
    mixup: Mixup = None,
    cutout: Cutout = None,
    jpeg: Jpeg = None,
    small_face: SmallFace = None,
    motion_blur: MotionBlur = None,
    noise: Noise = None,
    teachers: Teachers = None,
    views: Views = None,
    start: Start = None,
    unlabelled: Unlabelled = None,
    unlabelled_crops: UnlabelledCrops = False,
    unlabelled_share: UnlabelledShare = None,
    auxiliary: Auxiliary = None,
    auxiliary_outputs: AuxiliaryOutputs = None,
    auxiliary_weight: AuxiliaryWeight = None,
    drop_test_copies: DropTestCopies = False,
    ferplus: FerPlus = None,
    split: SplitNames = None,
    engine: Engine = ComputeEngine.LOCAL,
    accelerator: Accelerator = "auto",
    devices: Devices = 1,
    precision: Precision = "auto",
    threads: Threads = None,
    resume: Resume = False,
) -> None:
    """Train a net on FER-2013, and write its best epoch on PublicTest as a model file."""
    # The options that change the recipe have the names of its fields.
    options = locals()
    need_training_extra()
    from roomread.training.hardware import Hardware  # noqa: PLC0415
    from roomread.training.runs import Run  # noqa: PLC0415
    from roomread.training.workbench import train_model  # noqa: PLC0415

    trainer = _trainer(engine)
    run = Run(out)
    if resume and config is None and run.recipe_file.exists():
        config = str(run.recipe_file)
    recipe = _recipe(config, options)
    use_threads(threads)
    _print_cost(recipe)
    pictures, source = _read_pictures(data, ferplus, split)
    _print_unlabelled(recipe, run)
    hardware = Hardware(accelerator, devices, precision, threads)
    with _interruptions_explained(run):
        model = train_model(
            pictures, recipe, out, source=source, resume=resume, hardware=hardware, trainer=trainer
        )
    _print_result(run, model)


def _read_pictures(
    data: Path, ferplus: Path | None, split: list[str] | None
) -> tuple[FerData, DataSource]:
    from roomread.training.runs import DataSource  # noqa: PLC0415

    splits = parse_splits(split)
    pictures = read_data(data, ferplus, splits or None)
    if pictures.votes is None:
        print_line("no FER+ votes: the net learns FER-2013's labels with one head")
    plus = str(ferplus.resolve()) if ferplus else None
    names = {name: part.name for name, part in splits.items()} or None
    return pictures, DataSource(str(data.resolve()), plus, pictures.digest, names)


def _print_cost(recipe: Recipe) -> None:
    from roomread.training.nets import cost, make_net  # noqa: PLC0415

    parameters, macs = cost(make_net(recipe.net))
    print_line(
        f"{recipe.net}: {parameters / 1e6:.2f} M parameters, {macs / 1e6:.0f} M multiply-adds"
    )


def _print_unlabelled(recipe: Recipe, run: Run) -> None:
    from roomread.training.unlabelled import unlabelled_faces  # noqa: PLC0415

    if not recipe.unlabelled:
        return
    with show_status(f"cutting faces out of the pictures in {recipe.unlabelled}"):
        faces = unlabelled_faces(recipe, run.faces)
    print_line(f"{len(faces or ())} faces without labels, from {recipe.unlabelled}")


def _print_result(run: Run, model: ModelFile) -> None:
    lines = [f"wrote {run.model} ({model.size / 1e6:.1f} MB)"]
    lines += [f"{name}: {figure}" for name, figure in model.card.figures.items()]
    for line in lines:
        print_line(line)


@contextmanager
def _interruptions_explained(run: Run) -> Iterator[None]:
    """Report the results that are kept if Ctrl-C or a full disk ends a run.

    Raises:
        typer.Exit: Ctrl-C was pressed; the exit status is 130.
        MissingVotesError: the recipe uses votes, and the data set has no votes.
        RoomreadError: a file cannot be written.
    """
    from roomread.training.targets import MissingVotesError  # noqa: PLC0415

    try:
        yield
    except MissingVotesError as error:
        hint = "name fer2013new.csv with --ferplus, or choose --target label"
        raise MissingVotesError(error.problem, hint=hint) from error
    except KeyboardInterrupt:
        kept = "stopped before the first epoch ended; nothing is kept"
        if run.last_checkpoint.exists():
            kept = (
                f"stopped; the last whole epoch is kept: continue with --out {run.folder} --resume"
            )
        print_line(kept, err=True)
        raise typer.Exit(130) from None
    except OSError as error:
        raise RoomreadError(
            f"{run.folder}: cannot be written: {error.strerror or error}",
            hint="the last whole epoch is kept; free some disk space, and continue with --resume",
        ) from error


def _trainer(engine: ComputeEngine) -> Trainer:
    if engine is ComputeEngine.RAY:
        from roomread.cluster import training as train_on_ray  # noqa: PLC0415

        return train_on_ray.train
    from roomread.training import fit  # noqa: PLC0415

    return fit.train


def _recipe(config: str | None, options: dict[str, Any]) -> Recipe:
    """Return the recipe of `--config`, with the fields that options of the same name override."""
    changes = {
        field.name: options[field.name]
        for field in fields(Recipe)
        # Zero changes the recipe; an option or a flag that is left out does not.
        if options.get(field.name) is not None and options[field.name] is not False
    }
    if config is None:
        base: dict[str, Any] = {}
    elif Path(config).suffix in (".toml", ".json"):
        base = asdict(Recipe.read(Path(config)))
    else:
        base = open_model(config).card.training
    return Recipe.from_dict(base | changes, source=config or "the recipe")
