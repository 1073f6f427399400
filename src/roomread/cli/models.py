"""`roomread models`: print the cards of models."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from roomread.classifier import ModelFile, bundled_models, open_model
from roomread.cli.printing import print_table


def command(
    model: Annotated[
        str | None,
        typer.Argument(help="A bundled name or a model file; all bundled models if left out."),
    ] = None,
) -> None:
    """Print a model's net, training data and evaluation results."""
    for name in [model] if model else bundled_models():
        print_table(_card(open_model(name)))


def _card(model: ModelFile) -> Table:
    card = model.card
    table = Table(title=f"{model.name} ({model.digest})", show_header=False, title_justify="left")
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("net", f"{card.net}, {model.size / 1e6:.1f} MB")
    table.add_row("reads", ", ".join(card.labels))
    table.add_row("data", f"{card.data}, seed {card.seed}, roomread {card.version}")
    table.add_row("abstains", f"under {card.threshold:.2f}, temperature {card.temperature:.2f}")
    for name, figure in card.figures.items():
        table.add_row(name, figure)
    table.add_row("precision", card.precision)
    if card.tau or card.tau_fer2013:
        table.add_row(
            "balanced", f"tau {card.tau:.2f}, for FER-2013's label {card.tau_fer2013:.2f}"
        )
    if card.refit:
        settings = (f"{name.replace('_', ' ')} {value}" for name, value in card.refit.items())
        table.add_row("head refitted", ", ".join(settings))
    if card.action_units:
        units = (
            f"{name} ({each['arkit']}) {each['r']:.2f}" for name, each in card.action_units.items()
        )
        table.add_row("action units", f"r with their teacher on PublicTest: {', '.join(units)}")
    if card.pose:
        pose = (f"{name} {value}" for name, value in card.pose.items())
        table.add_row("pose", f"{', '.join(pose)} (degrees, PublicTest)")
    if card.training:
        table.add_row(
            "train it again", f"roomread train DATA --config {model.name} --out runs/again"
        )
    table.add_row("licence", card.licence)
    table.add_row("notes", card.notes)
    return table
