"""Train a net on FER-2013 by a recipe; a run can be resumed after any epoch."""

from __future__ import annotations

import contextlib
import logging
import pickle
import warnings
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import lightning as L
import numpy as np
import torch
from lightning.pytorch.callbacks import (
    Callback,
    EarlyStopping,
    ModelCheckpoint,
    RichProgressBar,
    WeightAveraging,
)
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from numpy.typing import NDArray
from torch import Tensor

from roomread.errors import DataError
from roomread.readings import Expression
from roomread.training.auxiliary_head import check_maps, count_of, training_targets
from roomread.training.auxiliary_targets import read_targets
from roomread.training.batches import (
    Pictures,
    training_batches,
    unlabelled_pictures,
    validation_batches,
)
from roomread.training.dataset import FerData, Split, find_copies
from roomread.training.expression_net import ExpressionNet
from roomread.training.from_model_file import net_from_model_file
from roomread.training.hardware import AUTO, ONE_PROCESS, Hardware, fastest_precision
from roomread.training.lightning_module import Training
from roomread.training.nets import make_net
from roomread.training.nets.compact import Compact
from roomread.training.nets.narrow import copy_strongest, is_as_wide
from roomread.training.recipe import AUXILIARY_OUTPUTS, Recipe
from roomread.training.runs import Run
from roomread.training.stopping import StopBetweenBatches
from roomread.training.targets import has_two_heads, make_targets
from roomread.training.unlabelled import unlabelled_faces
from roomread.training.views import TaughtViews

# The approximate number of pictures on which batch normalisation is measured if training starts
# from a model file.
_START_PICTURES = 2048
# Prefix of the names of an auxiliary head's weights.
_AUXILIARY = "auxiliary."
# Prefix of the names of the backbone's weights.
_BACKBONE = "backbone."


def _moved(average: Tensor, current: Tensor, _updates: Tensor, *, decay: float) -> Tensor:
    """Return the new exponential moving average; unlike Lightning's function, it can be pickled."""
    return decay * average + (1 - decay) * current


class _Best(ModelCheckpoint):
    """A checkpoint of the best of the epochs that train with the recipe's last picture size."""

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if _at_full_side(pl_module):
            super().on_validation_end(trainer, pl_module)


class _Patience(EarlyStopping):
    """Early stopping that considers only the epochs with the recipe's last picture size."""

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if _at_full_side(pl_module):
            super().on_validation_end(trainer, pl_module)


def _at_full_side(module: L.LightningModule) -> bool:
    return isinstance(module, Training) and module.side == module.recipe.sides[-1]


def train(
    data: FerData,
    recipe: Recipe,
    out: Path,
    *,
    resume: bool = False,
    hardware: Hardware = ONE_PROCESS,
    stop_after: int | None = None,
) -> ExpressionNet:
    """Train on the Training split and keep the epoch that is best on PublicTest.

    The run writes `recipe.json`, `checkpoints/`, `logs/` (CSV) and `tensorboard/` under `out`.

    Args:
        data: all splits; PrivateTest's labels are not used.
        recipe: the settings.
        out: the run's folder.
        resume: whether to continue after the last complete epoch in `out`. On one device the result
            is the same as without the interruption.
        hardware: the hardware to train on.
        stop_after: the number of epochs after which to stop; the learning rate follows the schedule
            of the whole recipe.

    Raises:
        DataError: `out` contains a run and `resume` is not set, there is no run to resume or it has
            another recipe, a split or a class is empty, the recipe's `start` is neither a run nor a
            model file, or its net or heads do not fit.
        ModelFileError: the recipe's `start` is a file, but not a model file.
        KeyboardInterrupt: Ctrl-C or SIGTERM; the last complete epoch is kept.
    """
    run = Run(out)
    training, public = check_run(data, recipe, out, resume=resume)
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe.seed)
    targets = make_targets(training, recipe)
    views = TaughtViews(training.images, recipe, run.views) if recipe.views else None
    two_heads = has_two_heads(data, recipe)
    auxiliary = training_targets(recipe, training)
    module = Training(recipe, two_heads=two_heads, targets=targets, threads=hardware.threads)
    if module.net.auxiliary is not None:
        module.net.auxiliary.set_scale(auxiliary)
    batches = training_batches(
        training,
        targets,
        recipe,
        views=views,
        auxiliary=auxiliary,
        unlabelled=_unlabelled(recipe, run, columns=auxiliary.shape[1]),
    )
    if recipe.start and not resume:
        _start_from(Path(recipe.start), module, training.images)
    if not resume:
        recipe.save(run.recipe_file)
    stop = StopBetweenBatches()
    trainer = _trainer(run, recipe, hardware, stop, max_epochs=stop_after or recipe.epochs)
    with _lightning_warnings_ignored(), stop.handling_signals(delayed=hardware.devices == 1):
        try:
            trainer.fit(
                module,
                batches,
                validation_batches(public, recipe, auxiliary=training_targets(recipe, public)),
                ckpt_path=run.last_checkpoint if resume else None,
                weights_only=True,
            )
        except SystemExit as error:
            # Lightning converts Ctrl-C to SystemExit.
            raise KeyboardInterrupt from error
    return load_net(run.checkpoint, recipe)


def _unlabelled(recipe: Recipe, run: Run, *, columns: int) -> Pictures | None:
    """Return a recipe's unlabelled pictures with `columns` auxiliary targets, if it has any."""
    data = unlabelled_faces(recipe, run.faces)
    if data is None:
        return None
    views = TaughtViews(data.images, recipe, run.views) if recipe.views else None
    return unlabelled_pictures(data, recipe, views=views, columns=columns)


def _callbacks(run: Run, recipe: Recipe, stop: StopBetweenBatches) -> list[Callback]:
    checkpoints = run.checkpoint.parent
    best = _Best(
        checkpoints,
        "best",
        monitor="val_accuracy",
        mode="max",
        save_on_train_epoch_end=False,
        enable_version_counter=False,
    )
    last = ModelCheckpoint(checkpoints, "last", enable_version_counter=False)
    patience = _Patience(
        "val_accuracy", mode="max", patience=recipe.patience, check_on_train_epoch_end=False
    )
    average = WeightAveraging(avg_fn=partial(_moved, decay=recipe.ema_decay))
    return [patience, average, RichProgressBar(leave=True), best, last, stop]


def _trainer(
    run: Run, recipe: Recipe, hardware: Hardware, stop: StopBetweenBatches, *, max_epochs: int
) -> L.Trainer:
    # Silence Lightning's advertisements and its list of absent GPUs.
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    return L.Trainer(
        accelerator=hardware.accelerator,
        devices=hardware.devices,
        # Spawned processes also work in notebooks and tests.
        strategy=hardware.strategy or ("ddp_spawn" if hardware.devices > 1 else "auto"),
        precision=_precision(hardware),  # type: ignore[arg-type]
        max_epochs=max_epochs,
        callbacks=_callbacks(run, recipe, stop),
        logger=[
            CSVLogger(run.folder, name="logs"),
            TensorBoardLogger(run.folder, name="tensorboard"),
        ],
        use_distributed_sampler=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        log_every_n_steps=1,
    )


@contextlib.contextmanager
def _lightning_warnings_ignored() -> Iterator[None]:
    with warnings.catch_warnings():
        # A resumed run's folder contains checkpoints, about which Lightning warns.
        warnings.filterwarnings("ignore", message="Checkpoint directory .* exists")
        # Lightning uses a class that torch deprecated.
        warnings.filterwarnings("ignore", message=".*LeafSpec.*")
        # The data set is in memory, so more loader processes would only copy it.
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        yield


def _precision(hardware: Hardware) -> str:
    """Return Lightning's name of the precision, chosen on the machine that trains."""
    if hardware.precision == AUTO:
        return fastest_precision(hardware.accelerator)
    return hardware.precision


def check_run(data: FerData, recipe: Recipe, out: Path, *, resume: bool) -> tuple[FerData, FerData]:
    """Check a run before it starts, and return its training and validation pictures.

    Raises:
        DataError: see `train`.
    """
    _check_folder(Run(out), recipe, resume=resume)
    training = training_rows(data, recipe)
    public = data.split(Split.PublicTest).without(withheld(recipe))
    if not len(public):
        raise DataError("the data set has no PublicTest pictures, which select the best epoch")
    if recipe.auxiliary:
        check_maps(make_net(recipe.net))
        read_targets(Path(recipe.auxiliary), data)
    unlabelled_faces(recipe, Run(out).faces)
    return training, public


def _start_from(start: Path, module: Training, images: NDArray[np.uint8]) -> None:
    """Load the best weights of a run, or the weights of a model file, into a module.

    Of a wider net of the same family, the strongest channels are loaded.

    Raises:
        ModelFileError: `start` is a file, but not a model file.
        DataError: `start` is not a run, or has another net or other heads.
    """
    if start.is_file():
        weights = net_from_model_file(start, images[:: max(1, len(images) // _START_PICTURES)])
    elif not Run(start).recipe_file.is_file():
        raise DataError(f"{start}: is neither the folder of a run nor a model file")
    else:
        weights = load_net(Run(start).checkpoint, Run(start).recipe())
    state = _expression_weights(weights, module.net) | _auxiliary_weights(weights, module.net)
    try:
        module.net.load_state_dict(state)
    except RuntimeError as error:
        raise DataError(
            f"{start}: has another net or other heads than this recipe trains",
            hint="start from the same net or a wider compact one, with the same target and votes",
        ) from error


def _expression_weights(start: ExpressionNet, net: ExpressionNet) -> dict[str, Tensor]:
    """Return the weights of the backbone and the expression heads, by name.

    Of a backbone that is wider than that of `net`, the strongest channels are kept.
    """
    state = {k: v for k, v in start.state_dict().items() if not k.startswith(_AUXILIARY)}
    wide, own = start.backbone, net.backbone
    if isinstance(wide, Compact) and isinstance(own, Compact) and is_as_wide(wide, own):
        narrow = type(own)()
        kept = copy_strongest(wide, narrow)
        state = {k: v for k, v in state.items() if not k.startswith(_BACKBONE)}
        state |= {k: v[:, kept] for k, v in state.items() if v.dim() > 1}
        state |= narrow.state_dict(prefix=_BACKBONE)
    return state


def _auxiliary_weights(start: ExpressionNet, net: ExpressionNet) -> dict[str, Tensor]:
    """Return the auxiliary weights of `net`.

    The linear layer is that of `start` if both nets have the same features and auxiliary outputs.
    """
    if net.auxiliary is None:
        return {}
    own = net.auxiliary.state_dict(prefix=_AUXILIARY)
    learned = start.auxiliary
    if learned is not None and learned.linear.weight.shape == net.auxiliary.linear.weight.shape:
        own |= learned.linear.state_dict(prefix=f"{_AUXILIARY}linear.")
    return own


def _check_folder(run: Run, recipe: Recipe, *, resume: bool) -> None:
    out, last = run.folder, run.last_checkpoint
    if last.exists() and not resume:
        raise DataError(f"{out}: already contains a run", hint="resume it, or name another folder")
    if resume:
        if not last.exists():
            raise DataError(
                f"{out}: has no finished epoch to resume from",
                hint="start the run without resuming",
            )
        if run.recipe() != recipe:
            raise DataError(
                f"{out}: contains a run with another recipe",
                hint=f"resume it with the recipe {run.recipe_file}",
            )


def training_rows(data: FerData, recipe: Recipe) -> FerData:
    """Return the Training split without blanks, non-faces and pictures that the recipe excludes.

    Raises:
        DataError: an expression that the recipe does not withhold has no picture.
    """
    keep = data.splits == Split.Training
    if recipe.drop_test_copies:
        for group in find_copies(data):
            if group.across_splits:
                keep[np.array(group.rows)] = False
    rows = data.take(keep).faces_only().without(withheld(recipe))
    missing = sorted(set(Expression) - set(withheld(recipe)) - set(rows.labels.tolist()))
    if missing:
        name = Expression(missing[0]).display_name
        raise DataError(f"the Training split has no picture of '{name}'")
    return rows


def withheld(recipe: Recipe) -> list[Expression]:
    """Return the expressions that a recipe withholds from training."""
    return [e for e in Expression if e.display_name in recipe.withhold]


def load_net(checkpoint: Path, recipe: Recipe) -> ExpressionNet:
    """Return a net with the averaged weights of a checkpoint, in evaluation mode.

    Raises:
        DataError: the file is not a checkpoint, or belongs to another net.
    """
    try:
        state = torch.load(checkpoint, weights_only=True, map_location="cpu")["state_dict"]
    except (OSError, KeyError, RuntimeError, pickle.UnpicklingError, EOFError) as error:
        raise DataError(f"{checkpoint}: is not a checkpoint of a run") from error
    weights = {k.removeprefix("net."): v for k, v in state.items() if k.startswith("net.")}
    try:
        net = ExpressionNet(
            make_net(recipe.net),
            two_heads="head_fer2013.weight" in weights,
            auxiliary=_outputs_of(weights),
        )
        net.load_state_dict(weights)
    except RuntimeError as error:
        raise DataError(
            f"{checkpoint}: does not hold the weights of the net '{recipe.net}'"
        ) from error
    return net.eval()


def _outputs_of(weights: Mapping[str, Tensor]) -> tuple[str, ...]:
    """Return the auxiliary outputs of a checkpoint, derived from the size of the head's weights."""
    name = f"{_AUXILIARY}linear.weight"
    if name not in weights:
        return ()
    count = len(weights[name])
    candidates = [AUXILIARY_OUTPUTS, *((name,) for name in AUXILIARY_OUTPUTS)]
    return next((outputs for outputs in candidates if count_of(outputs) == count), ())
