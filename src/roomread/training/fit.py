"""Trains a net on FER-2013 by a recipe; resumable after any epoch."""

from __future__ import annotations

import logging
import math
import pickle
import signal
import warnings
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
from torch import Tensor, nn
from torch.nn import functional as F
from torchmetrics.classification import MulticlassAccuracy

from roomread.errors import DataError
from roomread.readings import Expression
from roomread.training.augment import augmentation
from roomread.training.batches import Batch, training_batches, validation_batches
from roomread.training.dataset import FerData, Split, find_copies
from roomread.training.expression_net import ExpressionNet, Outputs
from roomread.training.hardware import ONE_PROCESS, Hardware
from roomread.training.nets import make_net
from roomread.training.recipe import Optimizer, Recipe
from roomread.training.runs import Run
from roomread.training.targets import ExpressionLoss, Targets, has_two_heads, make_targets


class Training(L.LightningModule):
    """The loss, the optimiser and the metrics of one run."""

    def __init__(
        self, recipe: Recipe, *, two_heads: bool, targets: Targets, threads: int | None = None
    ) -> None:
        super().__init__()
        self.recipe = recipe
        self.threads = threads
        backbone = make_net(recipe.net)
        self.net = ExpressionNet(backbone, two_heads=two_heads)
        self.net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.augment: nn.Module = augmentation(cutout=recipe.cutout)
        self.loss_seen = ExpressionLoss(recipe, targets.seen)
        self.loss_fer2013 = ExpressionLoss(recipe, targets.fer2013)
        self.accuracy = MulticlassAccuracy(len(Expression), average="micro")
        self.seen_accuracy = MulticlassAccuracy(len(Expression), average="micro", ignore_index=-1)
        self.train_accuracy = MulticlassAccuracy(len(Expression), average="micro")

    @property
    def side(self) -> int:
        """The side in pixels of this epoch's pictures."""
        return self.recipe.side_at(self.current_epoch)

    def setup(self, stage: str) -> None:
        """Sets the threads in the process that computes, which may be a spawned one."""
        del stage
        if self.threads is not None:
            torch.set_num_threads(self.threads)

    def on_train_epoch_start(self) -> None:
        """Draws the same augmentation and dropout for an epoch, resumed or not."""
        torch.manual_seed((self.recipe.seed * 100_003 + self.current_epoch) * 64 + self.global_rank)

    def _forward(self, images: Tensor) -> Outputs:
        """Float [N, 1, 48, 48] in 0..1 to logits, at this epoch's side."""
        if self.side != images.shape[-1]:
            images = F.interpolate(images, (self.side, self.side), mode="bilinear", antialias=True)
        return self.net.forward_normalised(self.net.normalise(images * 255))

    def training_step(self, batch: Batch, _index: int) -> Tensor:
        """The loss of one augmented batch."""
        images = self.augment(batch.images.float() / 255)
        seen, fer2013 = batch.seen, batch.fer2013
        if self.recipe.mixup:
            alpha = torch.tensor(self.recipe.mixup)
            share = float(torch.distributions.Beta(alpha, alpha).sample())
            other = torch.randperm(len(images), device=images.device)
            images, seen, fer2013 = (
                share * each + (1 - share) * each[other] for each in (images, seen, fer2013)
            )
        outputs = self._forward(images)
        loss = self._loss(outputs, seen, fer2013)
        self.train_accuracy(_fer2013(outputs), batch.labels)
        size = len(batch.labels)
        self.log("train_loss", loss, on_epoch=True, on_step=False, batch_size=size)
        self.log("train_accuracy", self.train_accuracy, on_epoch=True, on_step=False)
        return loss

    def _loss(self, outputs: Outputs, seen: Tensor, fer2013: Tensor) -> Tensor:
        loss = self.loss_fer2013(_fer2013(outputs), fer2013)
        if outputs.logits_fer2013 is not None:
            loss = loss + self.loss_seen(outputs.logits, seen)
        return loss

    def validation_step(self, batch: Batch, _index: int) -> None:
        """Accuracy on FER-2013's labels, and on what most FER+ taggers saw."""
        outputs = self._forward(batch.images.float() / 255)
        self.accuracy(_fer2013(outputs), batch.labels)
        loss = self._loss(outputs, batch.seen, batch.fer2013)
        self.log("val_loss", loss, batch_size=len(batch.labels), sync_dist=True)
        self.log("val_accuracy", self.accuracy, on_epoch=True, prog_bar=True)
        if outputs.logits_fer2013 is not None:
            self.seen_accuracy(outputs.logits, batch.majority)
            self.log("val_ferplus_accuracy", self.seen_accuracy, on_epoch=True, prog_bar=True)

    def configure_optimizers(self) -> L.pytorch.utilities.types.OptimizerLRScheduler:
        """The recipe's optimiser; linear warm-up, then a cosine to zero."""
        parameters, recipe = self.net.parameters(), self.recipe
        rate, decay = recipe.learning_rate, recipe.weight_decay
        optimizer: torch.optim.Optimizer
        if recipe.optimizer is Optimizer.ADAMW:
            optimizer = torch.optim.AdamW(parameters, rate, weight_decay=decay)
        else:
            optimizer = torch.optim.SGD(
                parameters, rate, momentum=0.9, nesterov=True, weight_decay=decay
            )
        per_epoch = int(self.trainer.estimated_stepping_batches) // (self.trainer.max_epochs or 1)
        steps = recipe.epochs * per_epoch
        warmup = max(1, int(steps * recipe.warmup))

        def factor(step: int) -> float:
            if step < warmup:
                return (step + 1) / warmup
            return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))

        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }


def _fer2013(outputs: Outputs) -> Tensor:
    return outputs.logits if outputs.logits_fer2013 is None else outputs.logits_fer2013


def _moved(average: Tensor, current: Tensor, _updates: Tensor, *, decay: float) -> Tensor:
    """An exponential moving average; Lightning's own cannot be sent to a spawned process."""
    return decay * average + (1 - decay) * current


class _Best(ModelCheckpoint):
    """Keeps the best epoch among those at full side: that is how the net will be used."""

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if _at_full_side(pl_module):
            super().on_validation_end(trainer, pl_module)


class _Patience(EarlyStopping):
    """Counts patience at full side only: accuracies at different sides do not compare."""

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
    """Trains on the Training split and keeps the epoch that is best on PublicTest.

    Writes `recipe.json`, `checkpoints/`, `logs/` (CSV) and `tensorboard/` under `out`.

    Args:
        data: all splits; PrivateTest's labels are not looked at.
        recipe: the settings.
        out: the run's folder.
        resume: go on from the last whole epoch in `out`; on one device the result is the one an
            uninterrupted run would have had.
        hardware: what to compute on.
        stop_after: epochs after which to stop, as an interruption would; the learning rate is
            still that of the whole recipe.

    Raises:
        DataError: `out` holds a run and `resume` is not set, there is nothing to resume, the run
            there is another recipe's, a split or a class is empty, or the recipe starts from a
            folder without a run of its net.
        KeyboardInterrupt: Ctrl-C; the last whole epoch is kept.
    """
    run = Run(out)
    training, public = check_run(data, recipe, out, resume=resume)
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe.seed)
    targets = make_targets(training, recipe)
    two_heads = has_two_heads(data, recipe)
    module = Training(recipe, two_heads=two_heads, targets=targets, threads=hardware.threads)
    if recipe.start and not resume:
        _start_from(Run(Path(recipe.start)), module)
    if not resume:
        recipe.save(run.recipe_file)
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
    callbacks: list[Callback] = [
        patience,
        WeightAveraging(avg_fn=partial(_moved, decay=recipe.ema_decay)),
        RichProgressBar(leave=True),
        best,
        last,
    ]
    # Its advertisements and its summary of absent GPUs are of no use to a user.
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    trainer = L.Trainer(
        accelerator=hardware.accelerator,
        devices=hardware.devices,
        # Spawned, not started anew: the caller may be a notebook or a test as well as our command.
        strategy=hardware.strategy or ("ddp_spawn" if hardware.devices > 1 else "auto"),
        precision=hardware.precision,  # type: ignore[arg-type]
        max_epochs=stop_after or recipe.epochs,
        callbacks=callbacks,
        logger=[CSVLogger(out, name="logs"), TensorBoardLogger(out, name="tensorboard")],
        use_distributed_sampler=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        log_every_n_steps=1,
    )
    with warnings.catch_warnings():
        # A resumed run's folder is meant to have checkpoints in it.
        warnings.filterwarnings("ignore", message="Checkpoint directory .* exists")
        # Lightning uses a class that torch deprecated.
        warnings.filterwarnings("ignore", message=".*LeafSpec.*")
        # The whole set lies in memory; loader processes would only copy it.
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        try:
            trainer.fit(
                module,
                training_batches(training, targets, recipe),
                validation_batches(public, recipe),
                ckpt_path=run.last_checkpoint if resume else None,
                weights_only=True,
            )
        except SystemExit as error:
            # Lightning turns Ctrl-C into an exit of its own, and turns further ones off.
            signal.signal(signal.SIGINT, signal.default_int_handler)
            raise KeyboardInterrupt from error
    return load_net(run.checkpoint, recipe)


def check_run(data: FerData, recipe: Recipe, out: Path, *, resume: bool) -> tuple[FerData, FerData]:
    """The pictures to train on, and those to choose the epoch by; nothing is written.

    Raises:
        DataError: see `train`.
    """
    _check_folder(Run(out), recipe, resume=resume)
    training = training_rows(data, recipe)
    public = data.split(Split.PublicTest).without(withheld(recipe))
    if not len(public):
        raise DataError("the data set has no PublicTest pictures: nothing to choose the epoch by")
    return training, public


def _start_from(run: Run, module: Training) -> None:
    """Gives a module the best weights of a run.

    Raises:
        DataError: there is no such run, or it trained another net or other heads.
    """
    weights = load_net(run.checkpoint, module.recipe).state_dict()
    try:
        module.net.load_state_dict(weights)
    except RuntimeError as error:
        raise DataError(
            f"{run.folder}: its net has not the heads that this recipe trains",
            hint="start from a run with the same target and votes",
        ) from error


def _check_folder(run: Run, recipe: Recipe, *, resume: bool) -> None:
    out, last = run.folder, run.last_checkpoint
    if last.exists() and not resume:
        raise DataError(f"{out}: holds a run already", hint="--resume it, or name another folder")
    if resume:
        if not last.exists():
            raise DataError(f"{out}: no finished epoch to resume", hint="train without --resume")
        if run.recipe() != recipe:
            raise DataError(
                f"{out}: holds a run of another recipe",
                hint=f"resume it with --config {run.recipe_file}",
            )


def training_rows(data: FerData, recipe: Recipe) -> FerData:
    """The Training split without blanks and non-faces, without what the recipe leaves out.

    Raises:
        DataError: an expression that is not withheld has no picture.
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
    """The expressions that a recipe's net never sees."""
    return [e for e in Expression if e.display_name in recipe.withhold]


def load_net(checkpoint: Path, recipe: Recipe) -> ExpressionNet:
    """The averaged weights of a checkpoint, in evaluation mode.

    Raises:
        DataError: it is not a checkpoint, or one of another net.
    """
    try:
        state = torch.load(checkpoint, weights_only=True, map_location="cpu")["state_dict"]
    except (OSError, KeyError, RuntimeError, pickle.UnpicklingError, EOFError) as error:
        raise DataError(f"{checkpoint}: not a checkpoint of a run") from error
    weights = {k.removeprefix("net."): v for k, v in state.items() if k.startswith("net.")}
    net = ExpressionNet(make_net(recipe.net), two_heads="head_fer2013.weight" in weights)
    try:
        net.load_state_dict(weights)
    except RuntimeError as error:
        raise DataError(f"{checkpoint}: not the weights of the net '{recipe.net}'") from error
    return net.eval()
