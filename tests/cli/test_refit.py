"""Tests of the command `roomread refit-head`."""

from __future__ import annotations

from pathlib import Path

import pytest

from fer_files import tiny_fer, with_clear_votes, write_csv, write_ferplus
from program import Program
from roomread import classifier
from roomread.classifier import open_model

pytestmark = pytest.mark.training

BUNDLED = Path(classifier.__file__).parent / "bundled" / "compact.onnx"


def test_refitted_head_is_written_only_if_it_is_better_on_the_held_out_half_of_the_data(
    roomread: Program, tmp_path: Path
) -> None:
    # In these pictures each class has its own brightness, which the bundled head cannot tell apart.
    data = with_clear_votes(tiny_fer(each=12))
    fer2013 = write_csv(data, tmp_path / "fer2013.csv")
    ferplus = write_ferplus(data, tmp_path / "plus.csv")
    arguments = ("refit-head", fer2013, "--ferplus", ferplus, "--model", BUNDLED)
    result = roomread(*arguments, "-o", tmp_path / "refit.onnx")
    assert result.returncode == 0, result.stderr
    assert b"chosen on" in result.stdout
    assert open_model(tmp_path / "refit.onnx").card.refit["chosen_on"] == "half of PublicTest"

    # Fitting the new head once more in the same way cannot improve it.
    again = roomread(*arguments[:-1], tmp_path / "refit.onnx", "-o", tmp_path / "again.onnx")
    assert again.returncode == 2
    assert b"the new head is not better" in again.stderr
    assert not (tmp_path / "again.onnx").exists()
