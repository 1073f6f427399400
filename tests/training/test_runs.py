from __future__ import annotations

from pathlib import Path

import pytest

from fer_files import tiny_fer, write_csv
from model_runs import write_run
from roomread.errors import DataError
from roomread.training.runs import DataSource, Run


def test_epochs_repeated_by_a_resumed_run_replace_the_earlier_epochs_in_the_curves(
    tmp_path: Path,
) -> None:
    assert write_run(tmp_path / "run").curves() == [
        {"epoch": 0.0, "val_accuracy": 0.2, "train_loss": 2.0},
        {"epoch": 1.0, "val_accuracy": 0.4},
    ]


def test_run_reloads_its_data_set_and_refuses_a_changed_data_set(tmp_path: Path) -> None:
    data = tiny_fer()
    path = write_csv(data, tmp_path / "fer2013.csv")
    run = Run(tmp_path / "run")
    with pytest.raises(DataError, match=r"data\.json \(pass the data set"):
        run.data()
    run.save_source(DataSource(str(path), None, data.digest))
    assert run.data().digest == data.digest
    data.labels[0] = 4
    write_csv(data, path)
    with pytest.raises(DataError, match="has changed since the run was trained"):
        run.data()


def test_files_of_a_run_are_in_its_folder_and_caches_are_in_the_parent_folder(
    tmp_path: Path,
) -> None:
    run = Run(tmp_path / "runs" / "first")
    files = (run.checkpoint, run.last_checkpoint, run.recipe_file, run.source_file, run.model)
    assert all(file.is_relative_to(run.folder) for file in (*files, run.int8_model))
    assert {run.views.parent, run.faces.parent} == {run.folder.parent}


def test_run_without_logs_has_no_curves(tmp_path: Path) -> None:
    assert Run(tmp_path).curves() == []


def test_incomplete_last_line_in_the_log_of_a_killed_run_is_ignored(tmp_path: Path) -> None:
    folder = tmp_path / "logs" / "version_0"
    folder.mkdir(parents=True)
    for rest in ("1,0.2", "1", "1,", "1,0.25,2"):
        folder.joinpath("metrics.csv").write_text(f"epoch,val_loss,step\n0,0.5,1\n{rest}")
        assert Run(tmp_path).curves() == [{"epoch": 0.0, "val_loss": 0.5}]


def test_logs_are_read_in_the_order_of_their_version_numbers(tmp_path: Path) -> None:
    for version in (2, 10):
        folder = tmp_path / "logs" / f"version_{version}"
        folder.mkdir(parents=True)
        folder.joinpath("metrics.csv").write_text(f"epoch,val_loss,step\n0,{version},1\n")
    assert Run(tmp_path).curves() == [{"epoch": 0.0, "val_loss": 10.0}]


def test_run_reloads_a_data_set_whose_splits_have_other_names(tmp_path: Path) -> None:
    data = tiny_fer()
    path = tmp_path / "fer2013.csv"
    path.write_text(write_csv(data, path).read_text().replace("PrivateTest", "holdout"))
    run = Run(tmp_path / "run")
    splits = {"Training": "Training", "PublicTest": "PublicTest", "holdout": "PrivateTest"}
    run.save_source(DataSource(str(path), None, data.digest, splits))
    assert run.data().digest == data.digest


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe"])
def test_error_names_a_damaged_file_of_a_run(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "figures.json").write_bytes(content)
    with pytest.raises(DataError, match=r"figures\.json: cannot be read"):
        Run(tmp_path).figures()


@pytest.mark.parametrize("content", ["[]", "7", '{"path": "a.csv"}', '{"path": 1, "more": 2}'])
def test_error_for_an_invalid_data_json_names_the_file(tmp_path: Path, content: str) -> None:
    (tmp_path / "data.json").write_text(content)
    with pytest.raises(DataError, match=r"data\.json"):
        Run(tmp_path).data()
