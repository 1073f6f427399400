from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from roomread.readings import Expression
from roomread.training import charts
from roomread.training.evaluate import score
from roomread.training.robustness import Condition

RESULT = score("test", np.eye(7, dtype=np.float32), np.arange(7), "made up")


def texts(svg: str) -> list[str]:
    """Return the texts of a chart; the chart must be well-formed."""
    nodes = ET.fromstring(svg).iter()  # noqa: S314 (our own chart)
    return [text for node in nodes if (text := (node.text or "").strip())]


def test_same_values_give_the_same_chart() -> None:
    series = {"train": [(1.0, 0.5), (2.0, 0.75)]}
    first, second = (charts.lines(series, labels=("epoch", "accuracy")) for _ in range(2))
    assert first == second
    assert first.startswith("<svg")
    assert {"train", "epoch", "accuracy"} <= set(texts(first))


def test_chart_without_series_is_empty() -> None:
    assert charts.lines({}, labels=("epoch", "accuracy")) == ""


def test_names_in_a_chart_are_escaped() -> None:
    svg = charts.scatter(["<b>&"], [1.0], [0.5], labels=("ms", "accuracy"))
    assert "<b>" not in svg
    assert "<b>&" in texts(svg)


def test_training_curves_show_only_metrics_that_were_logged() -> None:
    epochs = [
        {"epoch": 0.0, "train_loss": 2.0, "val_loss": 1.9, "val_accuracy": 0.3},
        {"epoch": 1.0, "train_loss": 1.5, "val_accuracy": 0.4},
    ]
    shown = texts(charts.curves(epochs))
    assert shown.count("Training, augmented") == 1
    assert shown.count("PublicTest") == 2
    assert "PublicTest, FER+ majority" not in shown


def test_cell_of_a_matrix_chart_shows_its_share_of_the_row() -> None:
    counts = np.zeros((7, 7), np.int64)
    counts[0, 0], counts[0, 1] = 3, 1
    shown = texts(charts.matrix(counts, rows="truth", columns="prediction", title="FER"))
    assert {"75%", "25%", "truth", "prediction", "FER"} <= set(shown)
    assert shown.count("0%") == 47
    assert "nan%" not in shown


def test_confusion_chart_names_all_expressions_on_both_axes() -> None:
    shown = texts(charts.confusion(RESULT))
    assert all(shown.count(each.display_name) == 2 for each in Expression)
    assert "test" in shown


@pytest.mark.parametrize("chart", [charts.reliability, charts.coverage])
def test_chart_of_evaluations_names_each_evaluation(chart: object) -> None:
    assert callable(chart)
    assert "test" in texts(chart([RESULT]))


def test_robustness_chart_lists_each_condition_with_its_accuracy() -> None:
    shown = texts(
        charts.robustness([Condition("as they are", 0.7, 0.0), Condition("dark", 0.25, 45)])
    )
    assert {"as they are", "dark", "0.700", "0.250"} <= set(shown)


def test_bar_chart_names_its_bars_and_its_series() -> None:
    shown = texts(charts.bars(["a", "b"], {"first": [1.0, 2.0], "second": [3.0, 4.0]}, ylabel="y"))
    assert {"a", "b", "first", "second", "y"} <= set(shown)


def test_histogram_leaves_out_series_without_values() -> None:
    series = {"some": np.zeros(20), "none": np.zeros(0)}
    shown = texts(charts.histogram(series, xlabel="brightness"))
    assert "some" in shown
    assert "none" not in shown
