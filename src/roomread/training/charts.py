"""Draw charts as SVG text, for self-contained pages."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from roomread.readings import Expression
from roomread.training.evaluate import Evaluation
from roomread.training.robustness import Condition

_NAMES = [e.display_name for e in Expression]


def curves(epochs: Sequence[dict[str, float]]) -> str:
    """Return a chart of loss and accuracy by epoch, from the rows of `Run.curves`."""
    figure, (loss, accuracy) = _figure(columns=2)
    for axes, kind, label in ((loss, "loss", "loss"), (accuracy, "accuracy", "accuracy")):
        for key, name in (
            (f"train_{kind}", "Training, augmented"),
            (f"val_{kind}", "PublicTest"),
            (f"val_ferplus_{kind}", "PublicTest, FER+ majority"),
        ):
            points = [(row["epoch"] + 1, row[key]) for row in epochs if key in row]
            if points:
                axes.plot(*zip(*points, strict=True), label=name)
        axes.set(xlabel="epoch", ylabel=label)
        axes.grid(alpha=0.3)
        axes.legend()
    return _svg(figure)


def confusion(result: Evaluation) -> str:
    """Return a chart of the confusion matrix, with the truth by row."""
    return matrix(result.confusion, rows="truth", columns="prediction", title=result.name)


def matrix(counts: NDArray[np.int64], *, rows: str, columns: str, title: str) -> str:
    """Return a chart of counts [7, 7]; a cell shows the count and its percentage of the row."""
    figure, (axes,) = _figure(columns=1, width=6.4, height=5.4)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        axes.text(
            column,
            row,
            f"{share:.0%}\n{counts[row, column]}",
            ha="center",
            va="center",
            fontsize=8,
            color="white" if share > 0.5 else "black",
        )
    axes.set_xticks(range(len(_NAMES)), _NAMES)
    axes.set_yticks(range(len(_NAMES)), _NAMES)
    axes.set(xlabel=columns, ylabel=rows, title=title)
    return _svg(figure)


def reliability(results: Sequence[Evaluation]) -> str:
    """Return a chart of accuracy by confidence; a calibrated net follows the diagonal."""
    figure, (axes,) = _figure(columns=1, width=5.2, height=4.6)
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1, linestyle="--", label="calibrated")
    for result in results:
        confidence, accuracy, _ = zip(*result.reliability(), strict=True)
        axes.plot(confidence, accuracy, marker="o", markersize=4, label=result.name)
    axes.set(xlabel="mean confidence", ylabel="accuracy", xlim=(0, 1), ylim=(0, 1))
    axes.grid(alpha=0.3)
    axes.legend()
    return _svg(figure)


def coverage(results: Sequence[Evaluation]) -> str:
    """Return a chart of the accuracy on the most confident faces, by the fraction that is kept."""
    figure, (axes,) = _figure(columns=1, width=5.2, height=4.6)
    for result in results:
        axes.plot(*result.coverage(), label=result.name)
    axes.set(
        xlabel="share of faces that get a label", ylabel="accuracy among these", ylim=(None, 1)
    )
    axes.grid(alpha=0.3)
    axes.legend()
    return _svg(figure)


def robustness(conditions: Sequence[Condition]) -> str:
    """Return a chart of the accuracy under each condition, the worst at the bottom."""
    figure, (axes,) = _figure(columns=1, width=8, height=4)
    ordered = sorted(conditions, key=lambda c: c.accuracy)
    bars = axes.barh([c.name for c in ordered], [c.accuracy for c in ordered], color="#4477aa")
    axes.bar_label(bars, [f"{c.accuracy:.3f}" for c in ordered], padding=3)
    axes.set(xlabel="accuracy", xlim=(0, 1))
    return _svg(figure)


def lines(series: Mapping[str, Sequence[tuple[float, float]]], *, labels: tuple[str, str]) -> str:
    """Return a line chart, or an empty string if there are no series; `labels` name the axes."""
    if not series:
        return ""
    figure, (axes,) = _figure(columns=1, width=8, height=4.5)
    for name, points in series.items():
        axes.plot(*zip(*points, strict=True), label=name)
    axes.set(xlabel=labels[0], ylabel=labels[1])
    axes.grid(alpha=0.3)
    axes.legend()
    return _svg(figure)


def scatter(
    names: Sequence[str], x: Sequence[float], y: Sequence[float], *, labels: tuple[str, str]
) -> str:
    """Return a scatter chart of named points; `labels` name the axes."""
    figure, (axes,) = _figure(columns=1, width=8, height=5)
    axes.scatter(x, y, color="#4477aa")
    for name, across, up in zip(names, x, y, strict=True):
        axes.annotate(name, (across, up), xytext=(5, 4), textcoords="offset points")
    axes.set(xlabel=labels[0], ylabel=labels[1], xlim=(0, 1.2 * max(x)))
    axes.margins(y=0.15)
    axes.grid(alpha=0.3)
    return _svg(figure)


def bars(names: Sequence[str], series: Mapping[str, Sequence[float]], *, ylabel: str) -> str:
    """Return a bar chart with one group of bars per name and one colour per series."""
    figure, (axes,) = _figure(columns=1, width=8, height=4)
    width = 0.8 / len(series)
    for number, (label, values) in enumerate(series.items()):
        places = np.arange(len(names)) + (number - (len(series) - 1) / 2) * width
        axes.bar(places, values, width, label=label)
    axes.set_xticks(range(len(names)), names)
    axes.set(ylabel=ylabel)
    axes.legend()
    return _svg(figure)


def histogram(series: Mapping[str, NDArray[np.float64]], *, xlabel: str) -> str:
    """Return a chart of the distribution of each series, scaled to an area of one."""
    figure, (axes,) = _figure(columns=1, width=6, height=3.6)
    for label, values in series.items():
        if len(values):
            axes.hist(values, bins=50, density=True, histtype="step", label=label)
    axes.set(xlabel=xlabel, ylabel="density")
    axes.legend()
    return _svg(figure)


def _figure(*, columns: int, width: float = 10, height: float = 4) -> tuple[Figure, list[Axes]]:
    # Do not use pyplot, which keeps every figure in memory and looks for a screen.
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, list(figure.subplots(1, columns, squeeze=False)[0])


def _svg(figure: Figure) -> str:
    buffer = io.StringIO()
    # Keep text as text, which is small and searchable. Omit the date, so that the same run gives
    # the same page.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "roomread"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]
