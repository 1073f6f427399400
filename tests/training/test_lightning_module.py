from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

from fer_files import tiny_fer, with_clear_votes
from roomread.training import lightning_module
from roomread.training.batches import Batch, Pictures
from roomread.training.lightning_module import Training
from roomread.training.nets.layers import MapNet
from roomread.training.recipe import Optimizer, Recipe
from roomread.training.targets import make_targets

RECIPE = Recipe(net="compact", epochs=2, batch_size=4, cutout=0.0)


class TinyNet(MapNet):
    """Four maps of a picture at an eighth of its size."""

    feature_size = 4

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(1, 4, 8, 8), nn.AdaptiveAvgPool2d(1), nn.Flatten())


@pytest.fixture(autouse=True)
def tiny_net(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train a tiny net, whatever net the recipe names."""
    monkeypatch.setattr(lightning_module, "make_net", lambda _: TinyNet())


def module(recipe: Recipe, *, votes: bool = True) -> tuple[Training, Batch, dict[str, float]]:
    """Return the module, its first batch, and the metrics that it will log."""
    torch.manual_seed(0)
    data = with_clear_votes(tiny_fer()) if votes else tiny_fer()
    targets = make_targets(data, recipe)
    training = Training(recipe, two_heads=votes, targets=targets)
    logged: dict[str, float] = {}

    def log(name: str, value: Any, **_: object) -> None:
        tensor: torch.Tensor = value.compute() if hasattr(value, "compute") else value
        logged[name] = float(tensor.detach())

    # Without a trainer, the module's own `log` fails.
    training.__dict__["log"] = log
    return training, Pictures(data, targets)[torch.arange(6)], logged


def attach(training: Training, *, steps: int, epochs: int) -> None:
    """Attach a stub of a trainer with the values that the module reads."""
    trainer: Any = SimpleNamespace(estimated_stepping_batches=steps, max_epochs=epochs)
    training._trainer = trainer
    training._fabric = None


def rates(recipe: Recipe, *, steps: int, epochs: int) -> list[float]:
    """Return the learning rate of each step."""
    training, *_ = module(recipe)
    attach(training, steps=steps, epochs=epochs)
    made: Any = training.configure_optimizers()
    optimizer, schedule = made["optimizer"], made["lr_scheduler"]["scheduler"]
    assert isinstance(schedule, LambdaLR)
    found = []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return found


def test_learning_rate_rises_and_then_falls_to_zero() -> None:
    found = rates(replace(RECIPE, warmup=0.25, learning_rate=0.4), steps=8, epochs=2)
    assert found[:2] == pytest.approx([0.2, 0.4])
    assert found[2] == pytest.approx(0.4)
    assert sorted(found[2:], reverse=True) == found[2:]
    assert 0 < found[-1] < 0.05


def test_learning_rate_schedule_covers_all_epochs_of_the_recipe_when_fewer_are_trained() -> None:
    whole = rates(replace(RECIPE, epochs=4), steps=16, epochs=4)
    half = rates(replace(RECIPE, epochs=4), steps=8, epochs=2)
    assert half == pytest.approx(whole[:8])


@pytest.mark.parametrize(
    ("optimizer", "kind"), [(Optimizer.SGD, torch.optim.SGD), (Optimizer.ADAMW, torch.optim.AdamW)]
)
def test_optimizer_of_the_recipe_is_used(
    optimizer: Optimizer, kind: type[torch.optim.Optimizer]
) -> None:
    training, *_ = module(replace(RECIPE, optimizer=optimizer, weight_decay=0.125))
    attach(training, steps=4, epochs=2)
    made: Any = training.configure_optimizers()
    assert type(made["optimizer"]) is kind
    assert made["optimizer"].param_groups[0]["weight_decay"] == 0.125


def test_pictures_are_scaled_to_the_size_of_the_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    training, batch, _ = module(replace(RECIPE, sides=(32, 48)))
    seen: list[int] = []
    normalise = training.net.normalise

    def keep(images: torch.Tensor) -> torch.Tensor:
        seen.append(images.shape[-1])
        return normalise(images)

    monkeypatch.setattr(training.net, "normalise", keep)
    training.validation_step(batch, 0)
    monkeypatch.setattr(Training, "current_epoch", 1)
    training.validation_step(batch, 0)
    assert seen == [32, 48]


@pytest.mark.parametrize("votes", [True, False])
def test_loss_of_a_training_step_gives_a_gradient_for_every_weight(*, votes: bool) -> None:
    training, batch, logged = module(RECIPE, votes=votes)
    loss = training.training_step(batch, 0)
    loss.backward()  # type: ignore[no-untyped-call]
    assert logged["train_loss"] == pytest.approx(float(loss.detach()))
    assert 0 <= logged["train_accuracy"] <= 1
    assert all(weight.grad is not None for weight in training.net.parameters())
    assert (training.net.head_fer2013 is not None) is votes


@pytest.mark.parametrize("votes", [True, False])
def test_validation_logs_ferplus_accuracy_only_with_votes(*, votes: bool) -> None:
    training, batch, logged = module(RECIPE, votes=votes)
    training.eval()
    training.validation_step(batch, 0)
    names = {"val_loss", "val_accuracy"} | ({"val_ferplus_accuracy"} if votes else set())
    assert set(logged) == names


def test_mixup_changes_the_loss_of_the_same_pictures() -> None:
    losses = []
    for mixup in (0.0, 1.0):
        training, batch, _ = module(replace(RECIPE, mixup=mixup))
        training.augment = None
        training.eval()
        losses.append(float(training.training_step(batch, 0).detach()))
    assert losses[0] != losses[1]


def test_epoch_draws_the_same_random_numbers_after_resuming(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    training, *_ = module(RECIPE)
    drawn = []
    for epoch, before in ((3, 1), (3, 2), (4, 1)):
        torch.manual_seed(before)
        monkeypatch.setattr(Training, "current_epoch", epoch)
        monkeypatch.setattr(Training, "global_rank", 0)
        training.on_train_epoch_start()
        drawn.append(float(torch.rand(())))
    assert drawn[0] == drawn[1] != drawn[2]


def test_views_are_not_augmented_again() -> None:
    recipe = replace(RECIPE, views=2, teachers=("compact",))
    targets = make_targets(tiny_fer(), RECIPE)
    assert Training(recipe, two_heads=False, targets=targets).augment is None
    assert Training(RECIPE, two_heads=False, targets=targets).augment is not None
