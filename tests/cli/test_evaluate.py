from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from roomread.cli import evaluate
from roomread.readings import Expression


def test_model_of_a_run_is_found_by_the_run_folder_or_the_model_file(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").touch()
    assert evaluate._model_file(str(tmp_path)) == tmp_path / "model.onnx"
    for place in (tmp_path, tmp_path / "model.onnx"):
        run = evaluate._run_of(str(place))
        assert run is not None
        assert run.folder == tmp_path


def test_bundled_model_name_is_not_taken_for_a_run_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "recipe.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    assert evaluate._run_of("compact") is None
    assert evaluate._model_file("compact") == "compact"


@dataclass(frozen=True)
class Line:
    """A result of the comparison; see `roomread.training.compare.Compared`."""

    epochs: int | None = 30
    ferplus: float | None = 0.87
    parameters: int | None = 204_000
    macs: int | None = 23_400_000
    name: str = "runs/mine"
    net: str = "mobilenet"
    accuracy: float = 0.712
    margin: float = 0.015
    macro_f1: float = 0.69
    disgust: float = 0.6
    milliseconds: float = 0.42
    megabytes: float = 0.9


def test_comparison_table_shows_unknown_values_as_dashes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    known, unknown = Line(), Line(None, None, None, None)
    evaluate._print_comparison([known, unknown])  # type: ignore[list-item]
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    head = "runs/mine mobilenet"
    assert f"{head} 30 0.712 ± 0.015 0.690 0.60 0.870 0.20 M 23 M 0.42 0.9" in lines
    assert f"{head} - 0.712 ± 0.015 0.690 0.60 - - - 0.42 0.9" in lines


def test_recall_of_an_expression_without_pictures_is_shown_as_a_dash(
    capsys: pytest.CaptureFixture[str],
) -> None:
    figure = SimpleNamespace(short="0.700")
    result = SimpleNamespace(
        name="label",
        accuracy=figure,
        macro_f1=figure,
        ece=figure,
        ece_before=figure,
        recall=dict.fromkeys(Expression, 0.5),
        labels=set(Expression) - {Expression.DISGUST},
    )
    evaluate._print_evaluations([result])  # type: ignore[list-item]
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["label", *["0.700"] * 4, "0.50", "-", *["0.50"] * 5] in lines
