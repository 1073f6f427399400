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


def test_names_are_escaped() -> None:
    svg = charts.scatter(["<b>&"], [1.0], [0.5], labels=("ms", "accuracy"))
    assert "<b>" not in svg
    assert "<b>&" in texts(svg)


def test_curves_show_the_metrics_that_the_epochs_have() -> None:
    epochs = [
        {"epoch": 0.0, "train_loss": 2.0, "val_loss": 1.9, "val_accuracy": 0.3},
        {"epoch": 1.0, "train_loss": 1.5, "val_accuracy": 0.4},
    ]
    shown = texts(charts.curves(epochs))
    assert shown.count("Training, augmented") == 1
    assert shown.count("PublicTest") == 2
    assert "PublicTest, FER+ majority" not in shown


def test_cell_of_a_matrix_has_its_share_of_the_row_and_its_count() -> None:
    counts = np.zeros((7, 7), np.int64)
    counts[0, 0], counts[0, 1] = 3, 1
    shown = texts(charts.matrix(counts, rows="truth", columns="prediction", title="FER"))
    assert {"75%", "25%", "truth", "prediction", "FER"} <= set(shown)
    assert shown.count("0%") == 47
    assert "nan%" not in shown


def test_confusion_has_the_names_of_all_expressions_on_both_axes() -> None:
    shown = texts(charts.confusion(RESULT))
    assert all(shown.count(each.display_name) == 2 for each in Expression)
    assert "test" in shown


@pytest.mark.parametrize("chart", [charts.reliability, charts.coverage])
def test_chart_of_evaluations_names_each_of_them(chart: object) -> None:
    assert callable(chart)
    assert "test" in texts(chart([RESULT]))


def test_conditions_are_listed_with_their_accuracies() -> None:
    shown = texts(
        charts.robustness([Condition("as they are", 0.7, 0.0), Condition("dark", 0.25, 45)])
    )
    assert {"as they are", "dark", "0.700", "0.250"} <= set(shown)


def test_bars_of_several_series_are_named() -> None:
    shown = texts(charts.bars(["a", "b"], {"first": [1.0, 2.0], "second": [3.0, 4.0]}, ylabel="y"))
    assert {"a", "b", "first", "second", "y"} <= set(shown)


def test_distribution_without_values_is_left_out() -> None:
    series = {"some": np.zeros(20), "none": np.zeros(0)}
    shown = texts(charts.histogram(series, xlabel="brightness"))
    assert "some" in shown
    assert "none" not in shown
