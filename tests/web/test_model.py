from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from dataclasses import replace
from types import SimpleNamespace

import pandas as pd

from fake_page import FakePage
from roomread.classifier import ExpressionClassifier, ModelCard, open_model
from roomread.web import model
from roomread.web.model import _curves, _figure_row, show

CARD = open_model().card


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> FakePage:
    made = FakePage()
    made.context = SimpleNamespace(theme=SimpleNamespace(type="dark"))
    monkeypatch.setattr(model, "st", made)
    monkeypatch.setattr(model, "show_table", lambda rows, **_: made.table("", rows))
    return made


def test_figure_of_a_model_card_is_split_into_its_value_and_its_data_set() -> None:
    assert _figure_row("accuracy", "0.70 ± 0.01 | fer2013 | n:3") == {
        "figure": "accuracy",
        "value": "0.70 ± 0.01",
        "measured on": "fer2013 | n:3",
    }


def test_all_sections_of_the_card_of_the_bundled_net_are_drawn(page: FakePage) -> None:
    net = ExpressionClassifier()
    show(net)
    assert page.texts("subheader") == [
        "What was measured",
        "What it confuses",
        "How it was trained",
    ]
    assert page.element("Net")[2] == (CARD.net,)
    assert net.model.digest in page.texts("caption")[-1]


def test_nothing_is_drawn_for_a_card_without_a_confusion_matrix(page: FakePage) -> None:
    model._show_confusion(replace(CARD, confusion={}))
    assert page.drawn == []


def curve(card: ModelCard) -> pd.DataFrame:
    """Return the values that the chart of the accuracies draws."""
    names = {"train_accuracy": "training", "val_accuracy": "PublicTest", "none": "nothing"}
    data = _curves(card, "accuracy", names).data
    assert isinstance(data, pd.DataFrame)
    return data


def test_training_curves_that_a_model_card_lacks_are_left_out() -> None:
    rows = [{"epoch": 0.0, "val_accuracy": 0.5}, {"epoch": 1.0, "val_accuracy": 0.6}]
    drawn = curve(replace(CARD, curves=rows))
    assert set(drawn["of"]) == {"PublicTest"}
    assert drawn["value"].tolist() == [0.5, 0.6]


def test_epoch_without_a_value_has_no_point_on_the_training_curve() -> None:
    rows = [{"epoch": 0.0, "train_accuracy": 0.4}, {"epoch": 1.0, "val_accuracy": 0.6}]
    drawn = curve(replace(CARD, curves=rows))
    assert drawn[["epoch", "of"]].to_numpy().tolist() == [[0.0, "training"], [1.0, "PublicTest"]]
