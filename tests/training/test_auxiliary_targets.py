from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from auxiliary_table import BRIGHTNESS, DATA, table, write
from roomread.errors import DataError
from roomread.training.auxiliary_targets import UNITS, read_targets


def test_targets_are_matched_to_pictures_by_row_number_in_any_order(tmp_path: Path) -> None:
    order = np.random.default_rng(0).permutation(len(DATA))
    columns = {name: np.asarray(values)[order] for name, values in table().items()}
    targets = read_targets(write(tmp_path / "targets.parquet", columns), DATA)
    jaw = list(UNITS).index("AU26")
    np.testing.assert_allclose(targets.units[:, jaw], BRIGHTNESS, atol=1e-3)
    assert targets.found.all()


def test_pose_targets_have_the_sign_conventions_of_readings(tmp_path: Path) -> None:
    targets = read_targets(write(tmp_path / "targets.parquet", table()), DATA)
    # MediaPipe's pitch is positive for a lowered head, and its roll anticlockwise.
    assert (np.sign(targets.pose[BRIGHTNESS > 0]) == [1, -1, -1]).all()


def test_left_and_right_values_of_an_action_unit_are_averaged(tmp_path: Path) -> None:
    columns = table(mouthSmileLeft=np.full(len(DATA), 0.75, dtype=np.float16))
    targets = read_targets(write(tmp_path / "targets.parquet", columns), DATA)
    assert targets.units[:, list(UNITS).index("AU12")] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        (table(row=np.arange(len(DATA), dtype=np.int32) + 1), "lacks some of the"),
        (table(Usage=["Training"] * len(DATA)), "its splits differ"),
        (table(Usage=["Test"] * len(DATA)), "unknown split 'Test'"),
        ({k: v for k, v in table().items() if k != "jawOpen"}, "has no column jawOpen$"),
    ],
    ids=["rows", "splits", "split names", "column"],
)
def test_table_that_does_not_fit_the_data_set_is_refused(
    tmp_path: Path, columns: dict[str, object], problem: str
) -> None:
    path = write(tmp_path / "targets.parquet", columns)
    with pytest.raises(DataError, match=problem):
        read_targets(path, DATA)


def test_file_that_is_not_a_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "targets.parquet"
    path.write_text("row,found\n")
    with pytest.raises(DataError, match="cannot be read"):
        read_targets(path, DATA)
