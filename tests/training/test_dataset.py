from __future__ import annotations

import numpy as np
import pytest

from fer_files import tiny_fer, with_clear_votes
from roomread.readings import Expression
from roomread.training.dataset import (
    CONTEMPT,
    VOTE_NAMES,
    FerData,
    Split,
    ferplus_label,
    find_copies,
    seen_in_training,
    vote_distribution,
    vote_majority,
)


def test_duplicate_pictures_are_found_across_splits_and_labels() -> None:
    data = tiny_fer()
    images = data.images.copy()
    public = int(np.flatnonzero(data.splits == Split.PublicTest)[3])
    images[public] = images[0]
    copied = FerData(images, data.labels, data.splits, None, data.rows)
    (group,) = find_copies(copied)
    assert group.rows == (0, public)
    assert group.across_splits
    assert len(set(group.labels)) == 2
    assert np.flatnonzero(seen_in_training(copied)).tolist() == [public]


def test_duplicate_within_the_training_split_is_not_a_leak() -> None:
    data = tiny_fer()
    images = data.images.copy()
    images[1] = images[0]
    copied = FerData(images, data.labels, data.splits, None, data.rows)
    assert not find_copies(copied)[0].across_splits
    assert not seen_in_training(copied).any()


def test_votes_become_a_distribution_over_the_seven_expressions() -> None:
    # neutral, happiness, surprise, sadness, anger, disgust, fear, contempt, unknown, no face
    votes = np.array([[2, 6, 0, 0, 0, 0, 0, 2, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0, 0, 9]], np.int16)
    happy, no_face = vote_distribution(votes)
    assert happy[Expression.HAPPY] == pytest.approx(0.75)
    assert happy[Expression.NEUTRAL] == pytest.approx(0.25)
    assert no_face.sum() == 0


def test_vote_majority_is_one_of_the_seven_expressions_or_minus_one() -> None:
    votes = np.zeros((4, 10), np.int16)
    votes[0, 4] = 10  # anger
    votes[1, 7] = 10  # contempt
    votes[2, :2] = 5  # a tie of neutral and happiness
    assert vote_majority(votes).tolist() == [Expression.ANGRY, -1, -1, -1]


def test_ferplus_label_needs_over_half_of_the_votes_that_remain_without_outliers() -> None:
    # neutral, happiness, surprise, sadness, anger, disgust, fear, contempt, unknown, no face
    votes = np.array(
        [
            [3, 1, 1, 1, 1, 2, 1, 0, 0, 0],  # votes of 3 and 2 remain: 3 are over half
            [4, 0, 0, 4, 1, 1, 0, 0, 0, 0],  # exactly half is not enough
            [1, 2, 2, 2, 2, 1, 0, 0, 0, 0],  # no class has over half
            [1, 1, 0, 0, 0, 0, 0, 8, 0, 0],  # contempt is a class of its own
            [2, 0, 0, 0, 0, 0, 0, 0, 8, 0],  # unknown
            [2, 0, 0, 0, 0, 0, 0, 0, 0, 8],  # no face
            [1, 1, 1, 1, 1, 1, 1, 1, 1, 1],  # outliers only
        ],
        np.int16,
    )
    assert ferplus_label(votes).tolist() == [Expression.NEUTRAL, -1, -1, CONTEMPT, -1, -1, -1]


def test_faces_only_excludes_blank_pictures() -> None:
    data = tiny_fer()
    images = data.images.copy()
    images[5] = 128
    blank = FerData(images, data.labels, data.splits, None, data.rows)
    assert 5 not in blank.faces_only().rows
    assert len(blank.faces_only()) == len(data) - 1


def test_rows_selected_by_a_mask_or_by_indices_keep_their_votes() -> None:
    data = tiny_fer(votes=True)
    masked, indexed = data.take(data.labels == Expression.SAD), data.take(np.array([5, 0]))
    assert set(masked.labels.tolist()) == {Expression.SAD}
    assert indexed.rows.tolist() == [5, 0]
    assert indexed.votes is not None
    assert data.votes is not None
    assert np.array_equal(indexed.votes, data.votes[[5, 0]])
    assert len(data.split(Split.PublicTest)) == 14


def test_option_faces_only_leaves_out_pictures_that_taggers_marked_as_no_face() -> None:
    data = with_clear_votes(tiny_fer())
    assert data.votes is not None
    data.votes[3] = 0
    data.votes[3, VOTE_NAMES.index("no_face")] = 10
    assert data.faces_only().rows.tolist() == [row for row in range(len(data)) if row != 3]


def test_digest_depends_on_every_picture_label_split_and_vote_but_not_on_row_numbers() -> None:
    digests = {tiny_fer(votes=True).digest, tiny_fer().digest}
    for name in ("images", "labels", "splits", "votes"):
        changed = tiny_fer(votes=True)
        getattr(changed, name).flat[0] += 1
        digests.add(changed.digest)
    assert len(digests) == 6
    moved = tiny_fer()
    moved.rows[:] += 1
    assert moved.digest == tiny_fer().digest


def test_data_without_votes_loses_the_rows_labelled_with_a_withheld_expression() -> None:
    rest = tiny_fer().without([Expression.FEAR, Expression.SAD])
    assert set(rest.labels.tolist()) == set(Expression) - {Expression.FEAR, Expression.SAD}
    assert len(tiny_fer().without([])) == 42
