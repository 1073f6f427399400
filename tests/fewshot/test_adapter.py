from __future__ import annotations

import numpy as np
import pytest

from roomread.classifier import Prediction
from roomread.errors import ProfileError
from roomread.fewshot import Adapter, NotPreparedError, ProfileBinding
from roomread.readings import Expression, Quality
from small_net import STATE, person, small_model, state

QUALITY = Quality(50.0)


def prediction(expression: Expression = Expression.SAD, *, like_state: bool = False) -> Prediction:
    logits = np.zeros(7, np.float32)
    logits[expression], logits[Expression.NEUTRAL] = 2.0, max(1.9, logits[Expression.NEUTRAL])
    features = STATE if like_state else np.eye(4)[0]
    return Prediction(QUALITY, features=features.astype(np.float32), logits=logits)


@pytest.mark.parametrize(
    ("binding", "track_id", "faces", "applies"),
    [
        (ProfileBinding(person("asha")), None, 1, True),
        (ProfileBinding(person("asha")), 4, 2, False),
        (ProfileBinding(person("asha"), 4), 4, 2, True),
        (ProfileBinding(person("asha"), 4), 5, 1, False),
        (ProfileBinding(person("asha"), 4), None, 1, False),
        (ProfileBinding(state("tired")), 5, 9, True),
        (ProfileBinding(state("tired", person="asha")), 5, 2, False),
        (ProfileBinding(state("tired"), 4), 5, 2, False),
    ],
)
def test_binding_decides_whether_a_profile_applies_to_a_track_the_only_face_or_all_faces(
    binding: ProfileBinding, track_id: int | None, faces: int, *, applies: bool
) -> None:
    assert binding.applies(track_id, faces) is applies


def test_profile_corrects_the_scores_and_sets_the_name_only_for_its_track() -> None:
    adapter = Adapter([ProfileBinding(person("asha"), 1)], small_model())
    own, other = adapter.adapt([prediction(), prediction()], [1, 2], faces=2)
    assert (own.person, other.person) == ("asha", None)
    assert own.scores is not None
    assert other.scores is not None
    assert own.scores.top is Expression.NEUTRAL
    assert other.scores.top is Expression.SAD
    assert own.scores.threshold == 0.4
    assert own.states == ()


def test_state_is_scored_for_every_face_and_does_not_change_expression_scores() -> None:
    adapter = Adapter([ProfileBinding(state("tired"))], small_model())
    shown, not_shown = adapter.adapt(
        [prediction(like_state=True), prediction()], [None, None], faces=2
    )
    assert [each.is_shown for each in shown.states] == [True]
    assert [each.is_shown for each in not_shown.states] == [False]
    plain = Adapter([], small_model()).adapt([prediction(like_state=True)], [None], faces=2)[0]
    assert shown.scores is not None
    assert plain.scores is not None
    np.testing.assert_array_equal(shown.scores.probabilities, plain.scores.probabilities)


def test_no_faces_give_no_predictions() -> None:
    assert Adapter([ProfileBinding(state("tired"))], small_model()).adapt([], [], faces=0) == []


def test_different_numbers_of_predictions_and_tracks_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        Adapter([], small_model()).adapt([prediction()], [1, 2], faces=2)


def test_profile_that_is_given_twice_is_refused() -> None:
    with pytest.raises(ProfileError, match="'asha' is given twice"):
        Adapter([ProfileBinding(person("asha"), n) for n in (1, 2)], small_model())


def test_profiles_of_two_people_for_one_track_are_refused() -> None:
    with pytest.raises(ProfileError, match="track 3 is assigned to two profiles, 'asha' and 'ben'"):
        Adapter([ProfileBinding(person(name), 3) for name in ("asha", "ben")], small_model())


def test_profile_of_another_net_and_net_without_statistics_are_refused() -> None:
    with pytest.raises(ProfileError, match=r"was taught with the model small \(0\), not with"):
        Adapter([ProfileBinding(person("asha"))], small_model(digest="1"))
    with pytest.raises(NotPreparedError):
        Adapter([], small_model(prepared=False))
