from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomread.classifier import open_model
from roomread.errors import DataError
from roomread.training.recipe import Imbalance, Optimizer, Recipe, Target

ROOT = Path(__file__).parents[2]
DEFAULT_TOML = ROOT / "configs" / "default.toml"
CONFIGS = sorted((ROOT / "configs").glob("*.toml")) + sorted((ROOT / "teachers").glob("*.toml"))

share = st.floats(0, 1)
positive = st.floats(1e-6, 1e3)
recipes = st.builds(
    Recipe,
    epochs=st.integers(1, 500),
    batch_size=st.integers(1, 4096),
    sides=st.lists(st.integers(16, 96), max_size=4).map(lambda sides: (*sides, 48)),
    optimizer=st.sampled_from(Optimizer),
    learning_rate=positive,
    label_smoothing=share,
    mixup=positive,
    target=st.sampled_from(Target),
    imbalance=st.sampled_from(Imbalance),
    drop_test_copies=st.booleans(),
    teachers=st.lists(st.text(max_size=8), max_size=3).map(tuple),
    seed=st.integers(),
)


@given(recipe=recipes)
def test_recipe_is_unchanged_after_saving_and_reading(
    recipe: Recipe, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("recipe") / "recipe.json"
    recipe.save(path)
    assert Recipe.read(path) == recipe


def test_recipe_from_toml_has_defaults_for_missing_settings(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('net = "vgg"\nlearning_rate = 1\nimbalance = "focal"\nsides = [32, 48]\n')
    recipe = Recipe.read(path)
    assert recipe == Recipe(net="vgg", learning_rate=1.0, imbalance=Imbalance.FOCAL, sides=(32, 48))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("epoch = 3", "there is no setting 'epoch'"),
        ('epochs = "3"', "not of type int"),
        ("epochs = true", "not of type int"),
        ("epochs = 0", "epochs is 0"),
        ("mixup = -1", "mixup is -1"),
        ("cutout = 1.5", "cutout is 1.5"),
        ('imbalance = "hope"', "not one of none, sampling"),
        ("sides = [48, 32]", "ending with 48"),
        ("sides = 48", "not a list"),
        ("teachers = [3]", "not of type str"),
        ("net =", "not a recipe"),
    ],
)
def test_error_for_an_invalid_setting_names_the_setting_and_the_file(
    tmp_path: Path, line: str, words: str
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(line + "\n")
    with pytest.raises(DataError, match=r"mine\.toml") as caught:
        Recipe.read(path)
    assert words in str(caught.value)


def test_missing_recipe_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not a recipe"):
        Recipe.read(tmp_path / "none.toml")


def test_each_training_picture_size_is_used_for_an_equal_part_of_the_run() -> None:
    recipe = Recipe(epochs=8, sides=(32, 32, 40, 48))
    assert [recipe.side_at(epoch) for epoch in range(9)] == [32] * 4 + [40] * 2 + [48] * 3


def test_last_epoch_has_full_picture_size_even_with_fewer_epochs_than_sizes() -> None:
    assert Recipe(epochs=1, sides=(32, 48)).side_at(0) == 48
    assert Recipe(epochs=2, sides=(32, 40, 48)).side_at(1) == 48


@pytest.mark.parametrize(
    ("config", "model"),
    [(DEFAULT_TOML, "compact")]
    + [(config, config.with_suffix(".onnx")) for config in (ROOT / "teachers").glob("*.toml")],
    ids=str,
)
def test_config_file_equals_the_recipe_in_the_card_of_its_model(
    config: Path, model: str | Path
) -> None:
    named = json.loads(json.dumps(asdict(Recipe.read(config))))
    trained = open_model(model).card.training
    # Settings that were added after the training have their defaults, which change nothing.
    assert named == json.loads(json.dumps(asdict(Recipe()))) | trained


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.stem)
def test_files_that_a_config_names_exist_or_are_written_by_another_config(config: Path) -> None:
    for path in map(Path, Recipe.read(config).paths):
        made = path.parts[0] == "runs"
        assert (ROOT / "configs" / f"{path.parts[1]}.toml" if made else ROOT / path).is_file()
