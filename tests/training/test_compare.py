from __future__ import annotations

import json
from pathlib import Path

import pytest

from fer_files import tiny_fer
from model_runs import write_run
from roomread.classifier import open_model
from roomread.errors import DataError
from roomread.readings import Expression
from roomread.training.compare import as_rows, compare, comparison_page
from roomread.training.dataset import Split
from roomread.training.evaluate import evaluate


def test_runs_are_compared_by_saved_metrics_and_sorted_best_first(tmp_path: Path) -> None:
    worse = write_run(tmp_path / "worse", accuracy=0.5)
    better = write_run(tmp_path / "better", accuracy=0.7)
    lines = compare([str(worse.folder), str(better.folder)])
    assert [line.name for line in lines] == ["better", "worse"]
    assert lines[0].accuracy == 0.7
    assert lines[0].milliseconds > 0
    assert lines[0].megabytes == pytest.approx(open_model("compact").size / 1e6)
    assert json.loads(json.dumps(as_rows(lines)))[1]["accuracy"] == 0.5
    page = comparison_page(lines, [worse, better], command="roomread compare")
    assert page.count("<svg") == 3
    assert comparison_page(lines, [], command="roomread compare").count("<svg") == 2


def test_models_are_measured_on_the_given_data() -> None:
    data = tiny_fer(votes=True)
    (line,) = compare(["compact"], data, Split.PrivateTest)
    official, _, seen, *_ = evaluate(open_model("compact"), data, Split.PrivateTest)
    assert line.accuracy == official.accuracy.value
    assert line.ferplus == seen.accuracy.value
    assert line.disgust == official.recall[Expression.DISGUST]


def test_error_for_a_run_without_saved_figures_asks_for_a_data_set(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"figures\.json \(name a data set to measure\)"):
        compare([str(write_without_figures(tmp_path / "run"))])


def write_without_figures(folder: Path) -> Path:
    run = write_run(folder)
    (folder / "figures.json").unlink()
    return run.folder
