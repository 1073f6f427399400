from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fer_files import tiny_fer, with_clear_votes
from roomread import classifier
from roomread.classifier import ModelFile, open_model
from roomread.errors import ModelFileError
from roomread.fewshot.feature_statistics import feature_statistics_of
from roomread.readings import Expression
from roomread.training.dataset import FerData
from roomread.training.feature_statistics import (
    measure_feature_statistics,
    prepare,
    seen_labels,
    withheld_from,
)


@pytest.fixture(scope="module")
def model() -> ModelFile:
    return open_model()


def test_label_of_data_with_votes_is_the_majority_of_the_votes() -> None:
    data = tiny_fer()
    assert seen_labels(data).tolist() == data.labels.tolist()
    voted = with_clear_votes(data)
    assert voted.votes is not None
    voted.votes[0] = 0
    assert seen_labels(voted).tolist() == [-1, *data.labels[1:]]


def test_statistics_are_measured_on_the_training_split_only(model: ModelFile) -> None:
    data = with_clear_votes(tiny_fer())
    before = measure_feature_statistics(model, data)
    data.images[data.splits != 0] = 255 - data.images[data.splits != 0]
    after = measure_feature_statistics(model, data)
    assert before.data != after.data
    np.testing.assert_array_equal(before.mean, after.mean)
    data.images[data.splits == 0] = 255 - data.images[data.splits == 0]
    assert not np.array_equal(measure_feature_statistics(model, data).mean, before.mean)


def test_pictures_without_a_clear_majority_are_left_out(model: ModelFile) -> None:
    data = with_clear_votes(tiny_fer(each=3))
    assert data.votes is not None
    data.votes[::3] = 0
    known = FerData(data.images, data.labels, data.splits, data.votes, data.rows).take(
        np.arange(len(data)) % 3 != 0
    )
    np.testing.assert_allclose(
        measure_feature_statistics(model, data).mean, measure_feature_statistics(model, known).mean
    )


def test_withheld_expressions_are_read_from_the_card(
    model: ModelFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(model.card.training, "withhold", ["fear", "disgust"])
    assert withheld_from(model) == [Expression.DISGUST, Expression.FEAR]
    monkeypatch.delitem(model.card.training, "withhold")
    assert withheld_from(model) == []


def test_writing_the_statistics_changes_the_digest_but_not_the_card_of_a_model_file(
    tmp_path: Path,
) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes((Path(classifier.__file__).parent / "bundled" / "compact.onnx").read_bytes())
    before, data = open_model(path), with_clear_votes(tiny_fer())
    after = prepare(path, data)
    assert after.card == before.card
    assert after.digest != before.digest
    written = feature_statistics_of(after)
    assert written.data == f"fer2013 {data.digest}"


def test_file_that_is_not_a_model_is_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"no model")
    with pytest.raises(ModelFileError):
        prepare(path, tiny_fer())
    assert path.read_bytes() == b"no model"
    assert list(tmp_path.iterdir()) == [path]
