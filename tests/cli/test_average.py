from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from roomread.cli import average

# The command first checks that the extra `train` is installed.
pytestmark = pytest.mark.training


@pytest.fixture
def averaged(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[Path], object, Path]]:
    """Replace `average_runs`, which needs nets, by a fake, and return the list of its calls."""
    calls: list[tuple[list[Path], object, Path]] = []

    class Run:
        def __init__(self, folder: Path) -> None:
            self.folder, self.model = folder, folder / "model.onnx"

        def data(self) -> str:
            return f"pictures of {self.folder}"

    def average_runs(runs: list[Run], pictures: object, out: Path) -> SimpleNamespace:
        calls.append(([run.folder for run in runs], pictures, out))
        return SimpleNamespace(size=1_240_000, card=SimpleNamespace(figures={"FER+": "0.87"}))

    training = SimpleNamespace(average_runs=average_runs)
    monkeypatch.setitem(sys.modules, "roomread.training.average", training)
    monkeypatch.setattr("roomread.training.runs.Run", Run)
    monkeypatch.setattr(average, "read_data", lambda data, votes: (data, votes))
    return calls


def test_average_command_uses_the_data_set_of_the_first_run_by_default(
    averaged: list[tuple[list[Path], object, Path]], capsys: pytest.CaptureFixture[str]
) -> None:
    average.command([Path("a"), Path("b")], out=Path("c"))
    assert averaged == [([Path("a"), Path("b")], "pictures of a", Path("c"))]
    assert capsys.readouterr().out == "wrote c/model.onnx (1.2 MB)\nFER+: 0.87\n"


def test_data_option_replaces_the_data_set_of_the_runs(
    averaged: list[tuple[list[Path], object, Path]],
) -> None:
    average.command([Path("a")], out=Path("c"), data=Path("d"), ferplus=Path("v"))
    assert averaged == [([Path("a")], (Path("d"), Path("v")), Path("c"))]
