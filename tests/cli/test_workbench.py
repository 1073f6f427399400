from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
import typer

from roomread.cli import workbench
from roomread.errors import MissingExtraError, OutputError
from roomread.training.dataset import Split


def test_folder_names_are_assigned_to_data_splits() -> None:
    assert workbench.parse_splits(["train=Training", "val=PublicTest"]) == {
        "train": Split.Training,
        "val": Split.PublicTest,
    }
    assert workbench.parse_splits(None) == {}


@pytest.mark.parametrize("text", ["train", "=Training", "train=", "train=Trainings", "train=1"])
def test_text_that_does_not_assign_a_folder_to_a_split_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        workbench.parse_splits([text])


def test_error_for_an_unknown_split_names_the_known_splits() -> None:
    with pytest.raises(typer.BadParameter, match="Training, PublicTest, PrivateTest"):
        workbench.split_named("publictest")


@pytest.mark.parametrize("absent", ["torch", "lightning", "kornia", "jinja2", "matplotlib"])
def test_error_for_a_missing_package_names_the_training_extra(
    monkeypatch: pytest.MonkeyPatch, absent: str
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == absent else 1)
    with pytest.raises(MissingExtraError) as error:
        workbench.need_training_extra()
    assert "roomread[train]" in error.value.hint


def test_command_line_in_a_report_can_be_pasted_into_a_shell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "argv", ["/bin/roomread", "evaluate", "my data.csv"])
    assert workbench.this_command() == "roomread evaluate 'my data.csv'"


def test_path_of_a_written_file_is_printed_and_a_missing_folder_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "report [1].html"
    workbench.write_text(path, "ünïcode")
    assert path.read_text(encoding="utf-8") == "ünïcode"
    assert capsys.readouterr().out == f"wrote {path}\n"
    with pytest.raises(OutputError):
        workbench.write_text(tmp_path / "no" / "report.html", "")
