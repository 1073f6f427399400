from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from roomread.cli import fewshot

if TYPE_CHECKING:
    from roomread.training.fewshot import BenchmarkLine


def line(task: str, method: str, references: int, value: float) -> BenchmarkLine:
    return SimpleNamespace(  # type: ignore[return-value]
        task=task, method=method, references=references, value=value, margin=0.012
    )


def test_benchmark_prints_a_table_per_task_with_a_column_per_number_of_shots(
    capsys: pytest.CaptureFixture[str],
) -> None:
    results = [
        line("seven", "ours", 5, 0.8),
        line("seven", "ours", 1, 0.7),
        line("seven", "mean", 5, 0.6),
        line("contempt", "ours", 1, 0.5),
    ]
    fewshot._print(results, "fer2013:PublicTest | seed:0")
    lines = [" ".join(each.split()) for each in capsys.readouterr().out.splitlines()]
    seven, contempt = lines.index("seven"), lines.index("contempt")
    assert "1 shot 5 shots" in lines[seven:contempt]
    assert "ours 0.700 ± 0.012 0.800 ± 0.012" in lines[seven:contempt]
    # A method without a result for one shot has an empty cell in that column.
    assert "mean 0.600 ± 0.012" in lines[seven:contempt]
    assert "ours 0.500 ± 0.012" in lines[contempt:]
    assert lines[-1] == "± is the 95 % interval over episodes | fer2013:PublicTest | seed:0"
