"""Define the training and validation steps that Lightning runs."""

from __future__ import annotations

import math

import lightning as L
import torch
from torch import Tensor
from torch.nn import functional as F
from torchmetrics.classification import MulticlassAccuracy

from roomread.readings import Expression
from roomread.training.augment import augmentation, webcam
from roomread.training.auxiliary_head import turned
from roomread.training.batches import Batch
from roomread.training.expression_net import ExpressionNet, Outputs
from roomread.training.nets import make_net
from roomread.training.recipe import Optimizer, Recipe
from roomread.training.targets import ExpressionLoss, Targets
from roomread.training.unlabelled import NO_LABEL


class Training(L.LightningModule):
    """A Lightning module with the net, the loss, the optimiser and the metrics of one run.

    Args:
        recipe: the settings.
        two_heads: whether the net has a separate head for FER-2013's label.
        targets: the targets of the Training split, from which the losses count the classes.
        threads: the number of torch's threads in each process; None for torch's default.
    """

    def __init__(
        self, recipe: Recipe, *, two_heads: bool, targets: Targets, threads: int | None = None
    ) -> None:
        super().__init__()
        self.recipe = recipe
        self.threads = threads
        backbone = make_net(recipe.net)
        outputs = recipe.auxiliary_outputs if recipe.auxiliary else ()
        self.net = ExpressionNet(backbone, two_heads=two_heads, auxiliary=outputs)
        self.net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        # With views, the pictures are already augmented in the way that the teachers saw them.
        self.augment = None if recipe.views else augmentation(cutout=recipe.cutout)
        self.webcam = webcam(recipe)
        self.loss_seen = ExpressionLoss(recipe, targets.seen)
        self.loss_fer2013 = ExpressionLoss(recipe, targets.fer2013)
        self.accuracy = MulticlassAccuracy(len(Expression), average="micro")
        self.seen_accuracy = MulticlassAccuracy(len(Expression), average="micro", ignore_index=-1)
        self.train_accuracy = MulticlassAccuracy(
            len(Expression), average="micro", ignore_index=NO_LABEL
        )

    @property
    def side(self) -> int:
        """The side in pixels of this epoch's pictures."""
        return self.recipe.side_at(self.current_epoch)

    def setup(self, stage: str) -> None:
        """Set torch's number of threads in this process, which may have been spawned."""
        del stage
        if self.threads is not None:
            torch.set_num_threads(self.threads)

    def on_train_epoch_start(self) -> None:
        """Seed augmentation and dropout by the epoch, so that a resumed run has the same result."""
        torch.manual_seed((self.recipe.seed * 100_003 + self.current_epoch) * 64 + self.global_rank)

    def _forward(self, images: Tensor) -> tuple[Outputs, Tensor | None]:
        """Return the outputs for float [N, 1, 48, 48] in 0..1, scaled to this epoch's side.

        The second value is the auxiliary predictions, as in `ExpressionNet.forward_with_auxiliary`.
        """
        if self.side != images.shape[-1]:
            images = F.interpolate(images, (self.side, self.side), mode="bilinear", antialias=True)
        return self.net.forward_with_auxiliary(self.net.normalise(images * 255))

    def training_step(self, batch: Batch, _index: int) -> Tensor:
        """Return the loss of one augmented batch."""
        images, auxiliary = self._augmented(batch)
        seen, fer2013 = batch.seen, batch.fer2013
        if self.recipe.mixup:
            alpha = torch.tensor(self.recipe.mixup)
            share = float(torch.distributions.Beta(alpha, alpha).sample())
            other = torch.randperm(len(images), device=images.device)
            images, seen, fer2013, auxiliary = (
                share * each + (1 - share) * each[other]
                for each in (images, seen, fer2013, auxiliary)
            )
        outputs, predictions = self._forward(images)
        loss = self._loss(outputs, seen, fer2013)
        if predictions is not None:
            auxiliary_loss = self._auxiliary_loss(predictions, auxiliary)
            self.log("train_auxiliary_loss", auxiliary_loss, on_epoch=True, on_step=False)
            loss = loss + self.recipe.auxiliary_weight * auxiliary_loss
        self.train_accuracy(_fer2013(outputs), batch.labels)
        size = len(batch.labels)
        self.log("train_loss", loss, on_epoch=True, on_step=False, batch_size=size)
        self.log("train_accuracy", self.train_accuracy, on_epoch=True, on_step=False)
        return loss

    def _augmented(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the pictures float [N, 1, 48, 48] in 0..1, and their auxiliary targets."""
        images, auxiliary = batch.images.float() / 255, batch.auxiliary
        if self.augment is not None:
            images = self.augment(images)
            if auxiliary.shape[1]:
                auxiliary = turned(auxiliary, self.augment.turns, self.recipe.auxiliary_outputs)
        return self.webcam(images), auxiliary

    def _auxiliary_loss(self, predictions: Tensor, targets: Tensor) -> Tensor:
        if self.net.auxiliary is None:
            raise RuntimeError("the net has no auxiliary head")
        return self.net.auxiliary.loss(predictions, targets)

    def _loss(self, outputs: Outputs, seen: Tensor, fer2013: Tensor) -> Tensor:
        loss = self.loss_fer2013(_fer2013(outputs), fer2013)
        if outputs.logits_fer2013 is not None:
            loss = loss + self.loss_seen(outputs.logits, seen)
        return loss

    def validation_step(self, batch: Batch, _index: int) -> None:
        """Measure loss and accuracy against FER-2013's labels and the FER+ majority."""
        outputs, predictions = self._forward(batch.images.float() / 255)
        self.accuracy(_fer2013(outputs), batch.labels)
        loss = self._loss(outputs, batch.seen, batch.fer2013)
        self.log("val_loss", loss, batch_size=len(batch.labels), sync_dist=True)
        self.log("val_accuracy", self.accuracy, on_epoch=True, prog_bar=True)
        if outputs.logits_fer2013 is not None:
            self.seen_accuracy(outputs.logits, batch.majority)
            self.log("val_ferplus_accuracy", self.seen_accuracy, on_epoch=True, prog_bar=True)
        if predictions is not None:
            auxiliary_loss = self._auxiliary_loss(predictions, batch.auxiliary)
            size = len(batch.labels)
            self.log("val_auxiliary_loss", auxiliary_loss, batch_size=size, sync_dist=True)

    def configure_optimizers(self) -> L.pytorch.utilities.types.OptimizerLRScheduler:
        """Return the recipe's optimiser and its schedule: linear warm-up, then a cosine to zero."""
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
