from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from fer_files import tiny_fer
from roomread.classifier import open_model
from roomread.errors import DataError, ModelFileError
from roomread.training.dataset import vote_distribution
from roomread.training.evaluate import predict, probabilities
from roomread.training.recipe import Imbalance, Recipe, Target
from roomread.training.targets import ExpressionLoss, has_two_heads, make_targets

PLAIN = Recipe(label_smoothing=0.0)


def unbalanced() -> torch.Tensor:
    """Return targets [70, 7]: 60 of the last class, one or two of each of the others."""
    labels = torch.tensor([0, 1, 2, 3, 4, 5, 0, 1, 2, 3] + [6] * 60)
    return F.one_hot(labels, 7).float()


def test_votes_are_targets_of_the_ferplus_head_and_labels_are_targets_of_the_fer2013_head() -> None:
    data = tiny_fer(votes=True)
    assert data.votes is not None
    targets = make_targets(data, PLAIN)
    np.testing.assert_allclose(targets.seen.numpy(), vote_distribution(data.votes))
    assert (targets.fer2013.argmax(dim=1).numpy() == data.labels).all()
    assert has_two_heads(data, PLAIN)


def test_data_without_votes_is_trained_with_a_single_head() -> None:
    data = tiny_fer()
    targets = make_targets(data, PLAIN)
    assert torch.equal(targets.seen, targets.fer2013)
    assert not has_two_heads(data, PLAIN)
    assert not has_two_heads(tiny_fer(votes=True), Recipe(target=Target.LABEL))


def test_blended_target_is_between_votes_and_labels_and_needs_votes() -> None:
    data = tiny_fer(votes=True)
    assert data.votes is not None
    blend = Recipe(target=Target.BLEND, blend=0.25, label_smoothing=0.0)
    seen = make_targets(data, blend).seen
    votes = torch.from_numpy(vote_distribution(data.votes))
    label = make_targets(data, PLAIN).fer2013
    known = votes.sum(dim=1) > 0
    torch.testing.assert_close(seen[known], (0.25 * votes + 0.75 * label)[known])
    torch.testing.assert_close(seen[~known], label[~known])
    with pytest.raises(DataError, match="uses FER"):
        make_targets(tiny_fer(), blend)


def test_labels_are_smoothed_for_training_only() -> None:
    data = tiny_fer()
    recipe = Recipe(label_smoothing=0.7)
    taught = make_targets(data, recipe).fer2013
    assert taught[0, data.labels[0]] == pytest.approx(0.3 + 0.1)
    torch.testing.assert_close(taught.sum(dim=1), torch.ones(len(data)))
    assert make_targets(data, recipe, taught=False).fer2013.max() == 1


def test_target_includes_the_mean_probabilities_of_the_teachers() -> None:
    data = tiny_fer(votes=True)
    recipe = Recipe(label_smoothing=0.0, teachers=("compact", "compact"), teacher_share=0.4)
    targets = make_targets(data, recipe)
    model = open_model("compact")
    said = probabilities(model, predict(model, data.images), fer2013=True)
    expected = 0.6 * make_targets(data, PLAIN).fer2013.numpy() + 0.4 * said
    np.testing.assert_allclose(targets.fer2013.numpy(), expected, atol=1e-5)


def test_plain_loss_is_cross_entropy() -> None:
    targets = unbalanced()
    logits = torch.randn(len(targets), 7, generator=torch.Generator().manual_seed(0))
    loss = ExpressionLoss(PLAIN, targets)
    torch.testing.assert_close(loss(logits, targets), F.cross_entropy(logits, targets))


def test_rows_without_a_target_add_no_loss() -> None:
    targets = unbalanced()
    logits = torch.zeros(2, 7)
    one = ExpressionLoss(PLAIN, targets)(logits, torch.stack([targets[0], torch.zeros(7)]))
    assert float(one) == pytest.approx(np.log(7) / 2)


def test_class_weights_raise_the_loss_of_rare_classes_and_keep_the_mean_loss() -> None:
    targets = unbalanced()
    loss = ExpressionLoss(Recipe(imbalance=Imbalance.WEIGHTS), targets)
    even = torch.zeros(1, 7)
    rare, common = loss(even, targets[4:5]), loss(even, targets[-1:])
    # The classes have 1 and 60 of the 70 pictures.
    assert float(rare / common) == pytest.approx(60, rel=1e-4)
    assert float(loss(torch.zeros(70, 7), targets)) == pytest.approx(np.log(7), rel=1e-4)


def test_focal_loss_weighs_well_classified_pictures_less() -> None:
    targets = unbalanced()[:1]
    loss = ExpressionLoss(Recipe(imbalance=Imbalance.FOCAL, imbalance_strength=2.0), unbalanced())
    logits = torch.zeros(1, 7)
    logits[0, 0] = 3.0
    p = float(logits.softmax(dim=1)[0, 0])
    assert float(loss(logits, targets)) == pytest.approx(-((1 - p) ** 2) * np.log(p), rel=1e-4)


def test_logit_adjustment_adds_the_log_of_the_prior() -> None:
    targets = unbalanced()
    recipe = Recipe(imbalance=Imbalance.LOGIT_ADJUSTMENT, imbalance_strength=0.5)
    logits = torch.randn(70, 7, generator=torch.Generator().manual_seed(1))
    prior = targets.mean(dim=0)
    expected = F.cross_entropy(logits + 0.5 * prior.log(), targets)
    torch.testing.assert_close(ExpressionLoss(recipe, targets)(logits, targets), expected)


def test_class_without_votes_leaves_the_loss_finite() -> None:
    targets = unbalanced()
    targets[:, 1] = 0
    for kind in Imbalance:
        loss = ExpressionLoss(Recipe(imbalance=kind), targets)(torch.zeros(70, 7), targets)
        assert torch.isfinite(loss)


def test_missing_teacher_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="no such model"):
        make_targets(tiny_fer(), Recipe(teachers=(str(tmp_path / "none.onnx"),)))
