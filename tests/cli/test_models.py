from __future__ import annotations

import pytest

from program import Program
from roomread.cli import models


def test_models_prints_the_bundled_card(roomread: Program) -> None:
    text = roomread("models").stdout.decode()
    assert "compact" in text
    assert "FER-2013" in text
    assert "PublicTest" in text


def test_card_of_a_named_model_is_the_only_one_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    models.command("compact")
    text = capsys.readouterr().out
    assert text.count("abstains") == 1
    assert "train it again" in text
