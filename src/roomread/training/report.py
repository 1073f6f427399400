"""Render the evaluation of a model as one self-contained page, `report.html`."""

from __future__ import annotations

from typing import Any

from roomread import pages
from roomread.classifier import ModelFile
from roomread.readings import Expression
from roomread.training import charts, robustness
from roomread.training.dataset import FerData, Split
from roomread.training.evaluate import AUTHORS_RULE, Evaluation, evaluate
from roomread.training.runs import Run


def render(page: str, **values: Any) -> str:
    """Render a template of this package with escaped values."""
    return pages.render("roomread.training", page, **values)


def evaluation_report(
    model: ModelFile,
    data: FerData,
    split: Split,
    results: list[Evaluation],
    *,
    command: str,
    run: Run | None,
) -> str:
    """Return the evaluation as an HTML page without pictures of the data set.

    Args:
        model: the model.
        data: all splits.
        split: the split that was measured.
        results: the result of `evaluate` for this model, data and split.
        command: the command that created this page.
        run: the run that trained the model, to draw its training curves; None for no curves.
    """
    official = [r for r in results if r.name.endswith("official")]
    flipped = [r for r in evaluate(model, data, split, flip=True) if r.name.endswith("official")]
    # The authors' rule is only for comparison with the literature, so it has no chart.
    charted = [r for r in official if not r.name.startswith(AUTHORS_RULE)]
    shown = charted[-1]
    confident = shown.probabilities.max(axis=1) >= model.card.threshold
    right = shown.probabilities.argmax(axis=1) == shown.labels
    epochs = run.curves() if run is not None else []
    measured = robustness.measure(model, data, split)
    return render(
        "evaluation.html.j2",
        title=f"{model.name} ({model.digest})",
        card=model.card,
        size=model.size,
        split=split.name,
        command=command,
        results=results,
        flipped=flipped,
        expressions=list(Expression),
        curves=charts.curves(epochs) if epochs else "",
        sides=model.card.training.get("sides", ()),
        confusions=[charts.confusion(r) for r in charted],
        reliability=charts.reliability(charted),
        coverage=charts.coverage(charted),
        kept=float(confident.mean()),
        right=float(right[confident].mean()) if confident.any() else 0.0,
        robustness=[(name, each, charts.robustness(each)) for name, each in measured.items()],
    )
