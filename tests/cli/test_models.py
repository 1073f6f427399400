from __future__ import annotations

from dataclasses import replace

import pytest
from rich.console import Console

from program import Program
from roomread.classifier import open_model
from roomread.cli import models


def test_models_command_prints_the_card_of_the_bundled_model(roomread: Program) -> None:
    text = roomread("models").stdout.decode()
    assert "compact" in text
    assert "FER-2013" in text
    assert "PublicTest" in text


def test_only_the_card_of_the_named_model_is_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    models.command("compact")
    text = capsys.readouterr().out
    assert text.count("abstains") == 1
    assert "train it again" in text


def test_card_says_how_the_head_was_refitted(capsys: pytest.CaptureFixture[str]) -> None:
    model = open_model()
    card = replace(model.card, refit={"neutral_bias": 0.4, "chosen_on": "half of PublicTest"})
    Console(width=120).print(models._card(replace(model, card=card)))
    assert "neutral bias 0.4, chosen on half of PublicTest" in capsys.readouterr().out
