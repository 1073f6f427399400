from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from roomread.cli import export
from roomread.errors import DataError, OutputError

# The command first checks that the extra `train` is installed.
pytestmark = pytest.mark.training


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Return the folder of a run with a finished epoch."""
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "best.ckpt").touch()
    return tmp_path


def with_nets(monkeypatch: pytest.MonkeyPatch, *, times_as_fast: float = 2.0) -> None:
    """Replace the functions that need torch by fakes."""
    card = SimpleNamespace(figures={"against fp32": "0.1 points less"})
    model = SimpleNamespace(size=1_000_000, card=card)
    quantised = SimpleNamespace(model=model, times_as_fast=times_as_fast)
    fakes = {
        "quantise": SimpleNamespace(quantise=lambda *_: quantised),
        "workbench": SimpleNamespace(finish=lambda *_: model),
    }
    for name, fake in fakes.items():
        monkeypatch.setitem(sys.modules, f"roomread.training.{name}", fake)
    monkeypatch.setattr(export, "read_data", lambda *_: "pictures")


def test_export_of_a_run_without_a_finished_epoch_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_nets(monkeypatch)
    with pytest.raises(DataError, match="has no run with a finished epoch"):
        export.command(tmp_path)


@pytest.mark.parametrize(("times_as_fast", "said"), [(1.0, True), (1.09, True), (1.5, False)])
def test_export_prints_a_note_if_the_int8_net_is_hardly_faster(
    run: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    times_as_fast: float,
    *,
    said: bool,
) -> None:
    with_nets(monkeypatch, times_as_fast=times_as_fast)
    export.command(run, int8=True, data=run)
    out = capsys.readouterr().out
    assert f"wrote {run / 'model.int8.onnx'} (1.0 MB): 0.1 points less" in out
    assert ("hardly faster" in out) is said


def test_only_the_fp32_model_is_written_by_default(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with_nets(monkeypatch)
    export.command(run, data=run)
    assert capsys.readouterr().out.count("wrote") == 1


def test_file_that_cannot_be_written_is_reported_with_its_folder(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_nets(monkeypatch)

    def fail(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(sys.modules["roomread.training.workbench"], "finish", fail)
    with pytest.raises(OutputError, match="cannot be written: Permission denied"):
        export.command(run, data=run)
