from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from altered import smooth_pictures
from fer_files import tiny_fer
from roomread.classifier import open_model
from roomread.errors import DataError
from roomread.readings import Expression
from roomread.training.dataset import VOTE_NAMES, FerData, Split
from roomread.training.recipe import Recipe
from roomread.training.review import Kind, out_of_fold, review, unseen_by
from roomread.training.review_page import count_findings


def clean(*, votes: bool = True) -> FerData:
    """Return 42 different pictures whose taggers agree with the labels."""
    data = tiny_fer()
    data.images[:] = smooth_pictures(len(data))
    counts = None
    if votes:
        counts = np.zeros((len(data), len(VOTE_NAMES)), np.int16)
        columns = [
            VOTE_NAMES.index(name)
            for name in ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
        ]
        counts[np.arange(len(data)), np.array(columns)[data.labels]] = 10
    return FerData(data.images, data.labels, data.splits, counts, data.rows + 100)


def test_data_set_without_faults_has_no_findings() -> None:
    assert review(clean()).findings == []


def test_exact_copy_is_found_with_its_split_and_its_original() -> None:
    data = clean()
    data.images[40] = data.images[3]
    (finding,) = review(data).of(Kind.COPY)
    assert (finding.position, finding.other) == (40, 3)
    copy = count_findings(data, review(data))[0]
    assert copy.by_split == (0, 0, 1)
    assert (copy.across, copy.relabelled) == (1, 1)
    # An exact copy is not reported again as a near copy.
    assert not review(data).of(Kind.NEAR_COPY)


@pytest.mark.parametrize("change", ["darker", "shifted", "mirrored"])
def test_darkened_shifted_or_mirrored_picture_is_reported_as_a_near_or_mirrored_copy(
    change: str,
) -> None:
    data = clean()
    original = data.images[3]
    data.images[30] = {
        "darker": (original * 0.7).astype(np.uint8),
        "shifted": np.roll(original, 1, axis=1),
        "mirrored": original[:, ::-1],
    }[change]
    kind = Kind.MIRRORED_COPY if change == "mirrored" else Kind.NEAR_COPY
    (finding,) = review(data).of(kind)
    assert (finding.position, finding.other) == (30, 3)
    assert finding.strength > 0.96


def test_blank_picture_is_found_and_not_reported_as_a_near_copy() -> None:
    data = clean()
    data.images[5] = 7
    result = review(data)
    assert [f.position for f in result.of(Kind.BLANK)] == [5]
    assert not result.of(Kind.NEAR_COPY)
    assert result.contrast[5] == pytest.approx(0, abs=1e-9)
    assert result.brightness[5] == pytest.approx(7 / 255)


def test_label_contradicted_by_most_taggers_and_picture_without_a_face_are_found() -> None:
    data = clean()
    assert data.votes is not None
    angry, fear = 0, 4
    data.votes[angry] = 0
    data.votes[angry, VOTE_NAMES.index("sadness")] = 8
    data.votes[angry, VOTE_NAMES.index("anger")] = 2
    data.votes[fear] = 0
    data.votes[fear, VOTE_NAMES.index("no_face")] = 10
    result = review(data)
    (wrong,) = result.of(Kind.TAGGERS_DISAGREE)
    assert (wrong.position, wrong.suggested) == (angry, Expression.SAD)
    assert wrong.strength == pytest.approx(0.8)
    assert [f.position for f in result.of(Kind.NOT_A_FACE)] == [fear]


def test_model_predicts_only_rows_outside_the_training_split() -> None:
    data = clean(votes=False)
    said = unseen_by(open_model("compact"), data)
    assert not said[data.splits == Split.Training].any()
    np.testing.assert_allclose(said[data.splits != Split.Training].sum(axis=1), 1, atol=1e-5)
    said[:] = 0
    said[20] = [0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.94]
    data.labels[20] = 0
    (finding,) = review(data, said).of(Kind.NET_DISAGREES)
    assert (finding.position, finding.suggested) == (20, Expression.NEUTRAL)


def test_each_training_row_is_predicted_by_a_net_that_was_not_trained_on_that_row(
    tmp_path: Path,
) -> None:
    data = tiny_fer(each=4, votes=True)
    recipe = Recipe(epochs=1, batch_size=8)
    said = out_of_fold(data, recipe, 2, tmp_path)
    training = data.splits == Split.Training
    np.testing.assert_allclose(said[training].sum(axis=1), 1, atol=1e-5)
    assert not said[~training].any()
    # A second call reuses the finished folds.
    before = (tmp_path / "fold0" / "checkpoints" / "last.ckpt").stat().st_mtime_ns
    np.testing.assert_array_equal(out_of_fold(data, recipe, 2, tmp_path), said)
    assert (tmp_path / "fold0" / "checkpoints" / "last.ckpt").stat().st_mtime_ns == before
    with pytest.raises(DataError, match="folds"):
        out_of_fold(data, recipe, 99, tmp_path)
