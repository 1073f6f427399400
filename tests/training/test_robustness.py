from __future__ import annotations

import numpy as np
import pytest
import torch

from altered import smooth_pictures
from fer_files import tiny_fer
from roomread.classifier import open_model
from roomread.training.dataset import Split
from roomread.training.robustness import CONDITIONS, apply, measure


@pytest.mark.parametrize("name", CONDITIONS)
def test_each_robustness_condition_changes_pictures_deterministically(name: str) -> None:
    pictures = smooth_pictures(6)
    changed = apply(CONDITIONS[name], pictures)
    assert changed.shape == pictures.shape
    assert changed.dtype == np.uint8
    np.testing.assert_array_equal(changed, apply(CONDITIONS[name], pictures))
    assert (name == "as they are") == bool((changed == pictures).all())


def test_occlusion_covers_a_ninth_of_the_picture() -> None:
    white = np.full((5, 48, 48), 255, np.uint8)
    assert (apply(CONDITIONS["a ninth covered"], white) != 255).mean() == pytest.approx(1 / 9)


def test_drop_of_each_condition_is_its_loss_of_accuracy_against_unchanged_pictures() -> None:
    measured = measure(open_model("compact"), tiny_fer(votes=True), Split.PublicTest)
    assert list(measured) == ["FER-2013 label", "FER+ majority"]
    for conditions in measured.values():
        plain = conditions[0]
        assert plain.drop == 0
        for condition in conditions:
            expected = 100 * (plain.accuracy - condition.accuracy)
            assert condition.drop == pytest.approx(expected)


def test_first_robustness_condition_is_unchanged_pictures() -> None:
    assert next(iter(CONDITIONS)) == "as they are"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("contrast x 2", [50, 150]), ("contrast x 0.3", [92, 108]), ("darker, x 0.4", [30, 50])],
)
def test_contrast_and_brightness_change_by_the_factor_in_the_name_of_the_condition(
    name: str, expected: list[int]
) -> None:
    halves = np.full((1, 48, 48), 75, np.uint8)
    halves[:, 24:] = 125
    changed = apply(CONDITIONS[name], halves)
    assert np.unique(changed).tolist() == pytest.approx(expected, abs=1)


def test_robustness_conditions_neither_use_nor_advance_the_global_random_generator() -> None:
    pictures = smooth_pictures(3)
    torch.manual_seed(1)
    first, state = apply(CONDITIONS["noise, sigma 0.06"], pictures), torch.get_rng_state()
    torch.manual_seed(2)
    assert np.array_equal(apply(CONDITIONS["noise, sigma 0.06"], pictures), first)
    torch.manual_seed(1)
    assert torch.equal(torch.get_rng_state(), state)
