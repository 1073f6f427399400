from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from auxiliary_table import DATA, table, write
from roomread import classifier
from roomread.training.auxiliary import fit_auxiliary, measure_auxiliary
from roomread.training.auxiliary_outputs import AuxiliaryFit
from roomread.training.auxiliary_targets import ANGLES, UNITS, read_targets
from roomread.training.recipe import POSE

BUNDLED = Path(classifier.__file__).parent / "bundled" / "compact.onnx"


@pytest.fixture(scope="module")
def fit(tmp_path_factory: pytest.TempPathFactory) -> AuxiliaryFit:
    path = write(tmp_path_factory.mktemp("targets") / "targets.parquet", table())
    return fit_auxiliary(BUNDLED, DATA, read_targets(path, DATA))


def test_only_action_units_that_correlate_with_their_targets_are_published(
    fit: AuxiliaryFit,
) -> None:
    assert list(fit.correlations) == ["AU26"]
    assert fit.correlations["AU26"] > 0.9
    assert fit.unpublished.keys() == UNITS.keys() - {"AU26"}
    assert fit.weight.shape[1] == len(fit.bias) == 1 + len(ANGLES)


def test_error_of_each_pose_angle_is_reported_for_four_bins_of_the_absolute_angle(
    fit: AuxiliaryFit,
) -> None:
    # Mirroring reverses the yaw but not the brightness, which therefore cannot predict the yaw.
    assert fit.errors["error of yaw, 30 to 90"] > fit.errors["error of yaw, 0 to 10"]
    assert fit.errors["error of pitch"] < 5
    for name in ANGLES:
        bins = [v for key, v in fit.errors.items() if key.startswith(f"error of {name}, ")]
        assert len(bins) == 4
        assert min(bins) <= fit.errors[f"error of {name}"] <= max(bins)


def test_outputs_trained_with_the_net_are_measured_like_outputs_fitted_afterwards(
    tmp_path: Path, fit: AuxiliaryFit
) -> None:
    targets = read_targets(write(tmp_path / "targets.parquet", table()), DATA)
    pose = slice(len(fit.correlations), None)
    weight, bias = fit.weight[:, pose], fit.bias[pose]
    measured = measure_auxiliary(BUNDLED, DATA, targets, weight, bias, outputs=(POSE,))
    assert measured.errors == fit.errors
    assert (measured.correlations, measured.unpublished) == ({}, {})
    np.testing.assert_array_equal(measured.weight, weight)
