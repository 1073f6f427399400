from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pyarrow as pa
import pyarrow.parquet
import pytest

from fer_files import tiny_fer
from roomread import classifier
from roomread.classifier import ExpressionClassifier, open_model
from roomread.classifier.model_file import CARD_KEY
from roomread.errors import DataError, ModelFileError
from roomread.fewshot.feature_statistics import FEATURE_STATISTICS_KEY
from roomread.training.auxiliary import (
    ANGLES,
    UNITS,
    AuxiliaryFit,
    fit_auxiliary,
    read_targets,
    write_auxiliary,
)
from roomread.training.dataset import FerData, Split

BUNDLED = Path(classifier.__file__).parent / "bundled" / "compact.onnx"
DATA = tiny_fer(each=20)
# A class is a brightness in these pictures, which the net's maps show.
BRIGHTNESS = DATA.labels / 6


def table(data: FerData = DATA, **changed: object) -> dict[str, object]:
    """Return the columns of targets; the open jaw and the angles follow the brightness."""
    columns: dict[str, object] = {
        "row": data.rows.astype(np.int32),
        "Usage": [Split(split).name for split in data.splits],
        "found": np.ones(len(data), dtype=bool),
    }
    for part in {part for parts in UNITS.values() for part in parts}:
        columns[part] = np.full(len(data), 0.25, dtype=np.float16)
    columns["jawOpen"] = BRIGHTNESS.astype(np.float16)
    for name in ANGLES:
        columns[name] = (40 * BRIGHTNESS).astype(np.float16)
    return columns | changed


def write(path: Path, columns: Mapping[str, object]) -> Path:
    pa.parquet.write_table(pa.table(dict(columns)), path)
    return path


@pytest.fixture(scope="module")
def fit(tmp_path_factory: pytest.TempPathFactory) -> AuxiliaryFit:
    path = write(tmp_path_factory.mktemp("targets") / "targets.parquet", table())
    return fit_auxiliary(BUNDLED, DATA, read_targets(path, DATA))


def test_targets_are_found_by_their_row_in_any_order(tmp_path: Path) -> None:
    order = np.random.default_rng(0).permutation(len(DATA))
    columns = {name: np.asarray(values)[order] for name, values in table().items()}
    targets = read_targets(write(tmp_path / "targets.parquet", columns), DATA)
    jaw = list(UNITS).index("AU26")
    np.testing.assert_allclose(targets.units[:, jaw], BRIGHTNESS, atol=1e-3)
    assert targets.found.all()


def test_signs_of_pose_are_those_of_readings(tmp_path: Path) -> None:
    targets = read_targets(write(tmp_path / "targets.parquet", table()), DATA)
    # MediaPipe's pitch is positive for a lowered head, and its roll anticlockwise.
    assert (np.sign(targets.pose[BRIGHTNESS > 0]) == [1, -1, -1]).all()


def test_left_and_right_are_averaged(tmp_path: Path) -> None:
    columns = table(mouthSmileLeft=np.full(len(DATA), 0.75, dtype=np.float16))
    targets = read_targets(write(tmp_path / "targets.parquet", columns), DATA)
    assert targets.units[:, list(UNITS).index("AU12")] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        (table(row=np.arange(len(DATA), dtype=np.int32) + 1), "does not have all"),
        (table(Usage=["Training"] * len(DATA)), "its splits differ"),
        (table(Usage=["Test"] * len(DATA)), "unknown split 'Test'"),
        ({k: v for k, v in table().items() if k != "jawOpen"}, "jawOpen"),
    ],
    ids=["rows", "splits", "split names", "column"],
)
def test_table_of_other_pictures_is_refused(
    tmp_path: Path, columns: dict[str, object], problem: str
) -> None:
    path = write(tmp_path / "targets.parquet", columns)
    with pytest.raises(DataError, match=problem):
        read_targets(path, DATA)


def test_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "targets.parquet"
    path.write_text("row,found\n")
    with pytest.raises(DataError, match="cannot be read"):
        read_targets(path, DATA)


def test_only_units_that_agree_with_the_targets_are_published(fit: AuxiliaryFit) -> None:
    assert list(fit.correlations) == ["AU26"]
    assert fit.correlations["AU26"] > 0.9
    assert fit.unpublished.keys() == UNITS.keys() - {"AU26"}
    assert fit.weight.shape[1] == len(fit.bias) == 1 + len(ANGLES)


def test_error_of_pose_is_measured_by_bins_of_yaw(fit: AuxiliaryFit) -> None:
    # The yaw of mirrored pictures is the opposite one, and brightness cannot tell which is which.
    assert fit.errors["error of yaw, 30 to 90"] > fit.errors["error of yaw, 0 to 10"]
    assert fit.errors["error of pitch"] < 5
    assert "error of roll" in fit.errors


def test_written_file_has_the_new_outputs_and_all_others_unchanged(
    tmp_path: Path, fit: AuxiliaryFit
) -> None:
    out = tmp_path / "model.onnx"
    written, before = write_auxiliary(BUNDLED, fit, out), open_model(BUNDLED)
    assert written.card.action_units == {
        "AU26": {"arkit": "jawOpen", "r": fit.correlations["AU26"]}
    }
    assert written.card.pose["error of pitch"] == fit.errors["error of pitch"]
    old, new = (ExpressionClassifier(m).predict(DATA.images[:9]) for m in (before, written))
    np.testing.assert_array_equal(new.logits, old.logits)
    np.testing.assert_array_equal(new.features, old.features)
    assert new.action_units.shape == (9, 1)
    assert new.pose.shape == (9, 3)
    assert 0 <= new.action_units.min() <= new.action_units.max() <= 1
    metadata = {entry.key for entry in onnx.load(out).metadata_props}
    assert FEATURE_STATISTICS_KEY in metadata


def test_second_fit_replaces_the_first(tmp_path: Path, fit: AuxiliaryFit) -> None:
    one, two = tmp_path / "one.onnx", tmp_path / "two.onnx"
    write_auxiliary(BUNDLED, fit, one)
    write_auxiliary(one, fit, two)
    onnx.checker.check_model(onnx.load(two))
    a, b = (ExpressionClassifier(open_model(p)).predict(DATA.images[:9]) for p in (one, two))
    np.testing.assert_array_equal(a.action_units, b.action_units)
    assert len(onnx.load(one).graph.node) == len(onnx.load(two).graph.node)


def test_card_that_does_not_name_its_units_is_refused(tmp_path: Path, fit: AuxiliaryFit) -> None:
    path = tmp_path / "model.onnx"
    card = write_auxiliary(BUNDLED, fit, path).card
    proto = onnx.load(path)
    onnx.helper.set_model_props(proto, {CARD_KEY: replace(card, action_units={}).to_json()})
    onnx.save(proto, path)
    with pytest.raises(ModelFileError, match="does not name its 'action_units'"):
        open_model(path)
