from __future__ import annotations

import pytest
import torch
from torch import Tensor

from roomread.training.augment import RandomJPEG, RandomNoise, RandomSmallFace, augmentation, webcam
from roomread.training.recipe import Recipe


def pictures(count: int = 24) -> Tensor:
    """Return smooth pictures with a sharp edge, float [count, 1, 48, 48] in 0..1."""
    wave = torch.linspace(0, 6, 48).sin() / 4 + 0.5
    picture = torch.outer(wave, wave)
    picture[:, 24:] += 0.3
    return picture.clamp(0, 1).expand(count, 1, 48, 48).clone()


STEPS = {"jpeg": RandomJPEG, "small_face": RandomSmallFace, "noise": RandomNoise}


@pytest.mark.parametrize("name", [*STEPS, "motion_blur"])
def test_webcam_augmentation_changes_every_picture_at_probability_1(name: str) -> None:
    torch.manual_seed(0)
    before = pictures()
    after = webcam(Recipe.from_dict({name: 1.0}, source="test"))(before)
    assert after.shape == before.shape
    assert after.min() >= 0
    assert after.max() <= 1
    changed = (after - before).abs().amax(dim=(1, 2, 3))
    assert (changed > 1e-3).all()
    # The change is small on average, so the content stays recognisable.
    assert (after - before).abs().mean() < 0.1


@pytest.mark.parametrize("name", [*STEPS, "motion_blur"])
def test_webcam_augmentation_changes_the_given_share_of_pictures(name: str) -> None:
    torch.manual_seed(0)
    before = pictures(400)
    after = webcam(Recipe.from_dict({name: 0.25}, source="test"))(before)
    changed = ((after - before).abs().amax(dim=(1, 2, 3)) > 1e-3).float().mean()
    assert changed == pytest.approx(0.25, abs=0.07)


def test_default_recipe_has_no_webcam_augmentation() -> None:
    before = pictures()
    assert torch.equal(webcam(Recipe())(before), before)


@pytest.mark.parametrize("step", [RandomJPEG(0.5), RandomSmallFace(0.5), RandomNoise(0.5)])
def test_augmentation_with_the_same_seed_gives_the_same_pictures(step: torch.nn.Module) -> None:
    results = []
    for _ in range(2):
        torch.manual_seed(3)
        results.append(step(pictures()))
    assert torch.equal(*results)


def test_downscaling_augmentation_removes_fine_detail() -> None:
    torch.manual_seed(0)
    stripes = torch.zeros(8, 1, 48, 48)
    stripes[..., ::2] = 1
    assert RandomSmallFace(1.0)(stripes).std() < 0.2 < stripes.std()


def test_augmentation_keeps_shape_and_differs_from_picture_to_picture() -> None:
    torch.manual_seed(0)
    after = augmentation(cutout=0.5)(pictures())
    assert after.shape == (24, 1, 48, 48)
    assert len({picture.numpy().tobytes() for picture in after}) > 12
