"""Trains a net on FER-2013 by a recipe; resumable after any epoch."""

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Iterator
from pathlib import Path

import lightning as L
import torch
from lightning.pytorch.callbacks import (
    Callback,
    EarlyStopping,
    EMAWeightAveraging,
    ModelCheckpoint,
)
from lightning.pytorch.loggers import CSVLogger
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset, Sampler
from torchmetrics.classification import MulticlassAccuracy

from roomread.errors import DataError
from roomread.readings import Expression
from roomread.training.augment import augmentation
from roomread.training.dataset import FerData, Split, vote_distribution
from roomread.training.expression_net import ExpressionNet, Outputs
from roomread.training.nets import make_net
from roomread.training.recipe import Recipe

Batch = tuple[Tensor, Tensor, Tensor]


class _Rows(Dataset[Batch]):
    """A split as tensors; an item is a whole batch, taken by its rows."""

    def __init__(self, data: FerData) -> None:
        self.images = torch.from_numpy(data.images).unsqueeze(1)
        self.labels = torch.from_numpy(data.labels)
        votes = (
            torch.from_numpy(vote_distribution(data.votes))
            if data.votes is not None
            else torch.zeros(len(data), len(Expression))
        )
        self.votes = votes

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, rows: Tensor) -> Batch:
        return self.images[rows], self.labels[rows], self.votes[rows]


class _Batches(Sampler[Tensor]):
    """Batches of row numbers; their order hangs on the seed and the epoch alone."""

    def __init__(self, rows: int, size: int, *, seed: int, shuffle: bool) -> None:
        self.rows, self.size, self.seed, self.shuffle = rows, size, seed, shuffle
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning before each epoch, also after a resume."""
        self.epoch = epoch

    def __len__(self) -> int:
        # A short last batch would disturb batch normalisation while training.
        return self.rows // self.size if self.shuffle else math.ceil(self.rows / self.size)

    def __iter__(self) -> Iterator[Tensor]:
        order = torch.arange(self.rows)
        if self.shuffle:
            generator = torch.Generator().manual_seed(self.seed * 100_003 + self.epoch)
            order = torch.randperm(self.rows, generator=generator)
        for start in range(0, len(self) * self.size, self.size):
            yield order[start : start + self.size]


def _loader(data: FerData, size: int, *, seed: int, shuffle: bool) -> DataLoader[Batch]:
    sampler = _Batches(len(data), min(size, len(data)), seed=seed, shuffle=shuffle)
    return DataLoader(_Rows(data), sampler=sampler, batch_size=None)


class Training(L.LightningModule):
    """The loss, the optimiser and the metrics of one run."""

    def __init__(self, recipe: Recipe, *, two_heads: bool) -> None:
        super().__init__()
        self.recipe = recipe
        backbone = make_net(recipe.net)
        self.net = ExpressionNet(backbone, two_heads=two_heads)
        self.net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.augment: nn.Module = augmentation()
        self.accuracy = MulticlassAccuracy(len(Expression), average="micro")
        self.seen_accuracy = MulticlassAccuracy(len(Expression), average="micro")

    def on_train_epoch_start(self) -> None:
        """Draws the same augmentation and dropout for an epoch, resumed or not."""
        torch.manual_seed(self.recipe.seed * 100_003 + self.current_epoch)

    def training_step(self, batch: Batch, _index: int) -> Tensor:
        """The loss of one augmented batch."""
        images, labels, votes = batch
        changed = self.augment(images.float() / 255)
        outputs = self.net.forward_normalised(self.net.normalise(changed * 255))
        loss = self._loss(outputs, labels, votes)
        self.log("train_loss", loss, on_epoch=True, on_step=False, batch_size=len(labels))
        return loss

    def _loss(self, outputs: Outputs, labels: Tensor, votes: Tensor) -> Tensor:
        fer2013 = outputs.logits if outputs.logits_fer2013 is None else outputs.logits_fer2013
        loss = F.cross_entropy(fer2013, labels, label_smoothing=self.recipe.label_smoothing)
        if outputs.logits_fer2013 is not None:
            # Rows without a FER+ target are all zeros and so add nothing.
            loss = loss + F.cross_entropy(outputs.logits, votes)
        return loss

    def validation_step(self, batch: Batch, _index: int) -> None:
        """Accuracy on FER-2013's labels, and on what most FER+ taggers saw."""
        images, labels, votes = batch
        outputs: Outputs = self.net(images)
        fer2013 = outputs.logits if outputs.logits_fer2013 is None else outputs.logits_fer2013
        self.accuracy(fer2013, labels)
        self.log("val_loss", self._loss(outputs, labels, votes), batch_size=len(labels))
        self.log("val_accuracy", self.accuracy, on_epoch=True, prog_bar=True)
        if outputs.logits_fer2013 is not None:
            known = votes.sum(dim=1) > 0
            self.seen_accuracy(outputs.logits[known], votes[known].argmax(dim=1))
            self.log("val_ferplus_accuracy", self.seen_accuracy, on_epoch=True, prog_bar=True)

    def configure_optimizers(self) -> L.pytorch.utilities.types.OptimizerLRScheduler:
        """SGD with Nesterov's momentum; linear warm-up, then a cosine to zero."""
        optimizer = torch.optim.SGD(
            self.net.parameters(),
            lr=self.recipe.learning_rate,
            momentum=0.9,
            nesterov=True,
            weight_decay=self.recipe.weight_decay,
        )
        per_epoch = int(self.trainer.estimated_stepping_batches) // (self.trainer.max_epochs or 1)
        steps = self.recipe.epochs * per_epoch
        warmup = max(1, int(steps * self.recipe.warmup))

        def factor(step: int) -> float:
            if step < warmup:
                return (step + 1) / warmup
            return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))

        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }


def train(
    data: FerData,
    recipe: Recipe,
    out: Path,
    *,
    resume: bool = False,
    stop_after: int | None = None,
) -> ExpressionNet:
    """Trains on the Training split and keeps the epoch that is best on PublicTest.

    Writes `recipe.json`, `checkpoints/` and `metrics.csv` under `out`.

    Args:
        data: all splits; PrivateTest is not looked at.
        recipe: the settings.
        out: the run's folder.
        resume: go on from the last whole epoch in `out`; the result is the one an uninterrupted
            run would have had.
        stop_after: epochs after which to stop, as an interruption would; the learning rate is
            still that of the whole recipe.

    Raises:
        DataError: `out` holds a run and `resume` is not set, or there is nothing to resume.
    """
    last = out / "checkpoints" / "last.ckpt"
    if last.exists() and not resume:
        raise DataError(f"{out}: holds a run already", hint="--resume it, or name another folder")
    if resume and not last.exists():
        raise DataError(f"{out}: no finished epoch to resume", hint="train without --resume")
    out.mkdir(parents=True, exist_ok=True)
    recipe.save(out / "recipe.json")
    torch.manual_seed(recipe.seed)
    module = Training(recipe, two_heads=data.votes is not None)
    best = ModelCheckpoint(
        out / "checkpoints", "best", monitor="val_accuracy", mode="max", save_last=True
    )
    callbacks: list[Callback] = [
        EarlyStopping("val_accuracy", mode="max", patience=recipe.patience),
        EMAWeightAveraging(decay=recipe.ema_decay),
        best,
    ]
    # Its advertisements and its summary of absent GPUs are of no use to a user.
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    trainer = L.Trainer(
        accelerator="cpu",
        max_epochs=stop_after or recipe.epochs,
        callbacks=callbacks,
        logger=CSVLogger(out, name="logs"),
        enable_model_summary=False,
        enable_progress_bar=True,
        num_sanity_val_steps=0,
        log_every_n_steps=1,
    )
    training = data.split(Split.Training).faces_only()
    with warnings.catch_warnings():
        # A resumed run's folder is meant to have checkpoints in it.
        warnings.filterwarnings("ignore", message="Checkpoint directory .* exists")
        trainer.fit(
            module,
            _loader(training, recipe.batch_size, seed=recipe.seed, shuffle=True),
            _loader(data.split(Split.PublicTest), 512, seed=recipe.seed, shuffle=False),
            ckpt_path=last if resume else None,
            weights_only=True,
        )
    return load_net(Path(best.best_model_path), recipe, two_heads=data.votes is not None)


def load_net(checkpoint: Path, recipe: Recipe, *, two_heads: bool) -> ExpressionNet:
    """The averaged weights of a checkpoint, in evaluation mode."""
    module = Training(recipe, two_heads=two_heads)
    module.load_state_dict(torch.load(checkpoint, weights_only=True)["state_dict"])
    return module.net.eval()
