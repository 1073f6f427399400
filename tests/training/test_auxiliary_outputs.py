from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from auxiliary_table import DATA, table, write
from roomread import classifier
from roomread.classifier import ExpressionClassifier, open_model
from roomread.classifier.model_file import CARD_KEY
from roomread.errors import ModelFileError
from roomread.fewshot.feature_statistics import FEATURE_STATISTICS_KEY
from roomread.training.auxiliary import fit_auxiliary
from roomread.training.auxiliary_outputs import AuxiliaryFit, write_auxiliary
from roomread.training.auxiliary_targets import read_targets

OUTPUTS = ("action_units", "pose")
BUNDLED = Path(classifier.__file__).parent / "bundled" / "compact.onnx"


@pytest.fixture(scope="module")
def fit(tmp_path_factory: pytest.TempPathFactory) -> AuxiliaryFit:
    path = write(tmp_path_factory.mktemp("targets") / "targets.parquet", table())
    return fit_auxiliary(BUNDLED, DATA, read_targets(path, DATA))


def test_written_model_file_has_the_new_outputs_and_unchanged_other_outputs(
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
    proto = onnx.load(out)
    halves = {w.name: numpy_helper.to_array(w) for w in proto.graph.initializer}
    weight = np.hstack([halves[f"auxiliary.head.{name}.weight_short"] for name in OUTPUTS])
    assert weight.dtype == np.float16
    np.testing.assert_allclose(weight, fit.weight, rtol=1e-3, atol=1e-6)
    metadata = {entry.key for entry in proto.metadata_props}
    assert FEATURE_STATISTICS_KEY in metadata


def test_second_fit_of_auxiliary_outputs_replaces_the_first_fit(
    tmp_path: Path, fit: AuxiliaryFit
) -> None:
    one, two = tmp_path / "one.onnx", tmp_path / "two.onnx"
    write_auxiliary(BUNDLED, fit, one)
    write_auxiliary(one, fit, two)
    onnx.checker.check_model(onnx.load(two))
    a, b = (ExpressionClassifier(open_model(p)).predict(DATA.images[:9]) for p in (one, two))
    np.testing.assert_array_equal(a.action_units, b.action_units)
    assert len(onnx.load(one).graph.node) == len(onnx.load(two).graph.node)


def test_model_file_whose_card_does_not_name_its_action_units_is_refused(
    tmp_path: Path, fit: AuxiliaryFit
) -> None:
    path = tmp_path / "model.onnx"
    card = write_auxiliary(BUNDLED, fit, path).card
    proto = onnx.load(path)
    onnx.helper.set_model_props(proto, {CARD_KEY: replace(card, action_units={}).to_json()})
    onnx.save(proto, path)
    with pytest.raises(ModelFileError, match="'action_units' have different numbers"):
        open_model(path)


def test_fit_without_pose_and_published_action_units_writes_no_auxiliary_output(
    tmp_path: Path, fit: AuxiliaryFit
) -> None:
    nothing = AuxiliaryFit(fit.weight[:, :0], fit.bias[:0], {}, fit.unpublished, {})
    out = tmp_path / "model.onnx"
    written = write_auxiliary(BUNDLED, nothing, out)
    assert not {"action_units", "pose"} & {each.name for each in onnx.load(out).graph.output}
    assert (written.card.action_units, written.card.pose) == ({}, {})
    assert len(ExpressionClassifier(written).classify(DATA.images[:3])) == 3
