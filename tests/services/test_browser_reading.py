from __future__ import annotations

import json
from types import SimpleNamespace
from typing import cast

import pytest

from roomread.classifier import ModelFile, open_model
from roomread.readings import Expression, Unreadable
from roomread.services.browser_reading import reading_parameters


@pytest.fixture(scope="module")
def model() -> ModelFile:
    return open_model()


def test_parameters_for_the_browser_match_the_model_file(model: ModelFile) -> None:
    parameters = reading_parameters(model)
    assert parameters["labels"] == [each.display_name for each in Expression]
    assert (parameters["model"], parameters["digest"]) == (model.name, model.digest)
    assert (parameters["side"], parameters["threshold"]) == (model.side, model.card.threshold)
    assert json.loads(json.dumps(parameters)) == parameters


def test_parameters_for_the_browser_list_every_unreadable_reason_in_order(model: ModelFile) -> None:
    reasons = reading_parameters(model)["reasons"]
    assert reasons == [[reason.name, str(reason)] for reason in Unreadable]


def test_another_model_changes_only_the_browser_parameters_that_depend_on_the_model(
    model: ModelFile,
) -> None:
    card = SimpleNamespace(
        labels=model.card.labels,
        framing=model.card.framing,
        temperature=2.5,
        threshold=model.card.threshold,
    )
    other = SimpleNamespace(name="other", digest="0123", card=card, side=96)
    before, after = reading_parameters(model), reading_parameters(cast("ModelFile", other))
    changed = {name for name in before if before[name] != after[name]}
    assert changed >= {"model", "digest", "temperature"}
    assert changed <= {"model", "digest", "temperature", "side"}
