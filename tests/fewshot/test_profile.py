from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import altered
from roomread import Analyzer, Expression, Frame, Reading
from roomread.bench import scenes
from roomread.classifier import ExpressionClassifier, Head
from roomread.errors import ProfileError
from roomread.faces import CenterFace
from roomread.fewshot import (
    Adapter,
    Consent,
    Profile,
    ProfileBinding,
    ProfileStore,
    Reference,
    evaluate,
    feature_statistics_of,
)
from roomread.fewshot.adapter import check_model
from roomread.fewshot.profile import MAX_BYTES, check_against
from roomread.fewshot.prototype import Prototype
from roomread.fewshot.store import read_profile
from roomread.testing import FixedClassifier, FixedDetector

ANALYZER = Analyzer(detector=CenterFace(threads=1))
ASKED = Consent("she said yes in class", "2026-11-21")


def arrays(pictures: list[Image.Image]) -> list[np.ndarray]:
    return [np.asarray(picture) for picture in pictures]


@pytest.fixture(scope="module")
def masked() -> Profile:
    """Return the profile of a state, taught from masked pictures of one person."""
    pictures = arrays(altered.variants(altered.masked(*scenes.portraits()[1])))
    return Profile.from_references("masked", pictures, analyzer=ANALYZER)


@pytest.fixture(scope="module")
def grace() -> Profile:
    pictures = arrays(altered.squeezed())
    return Profile.from_references(
        "grace", {Expression.NEUTRAL: pictures}, analyzer=ANALYZER, consent=ASKED
    )


def test_state_taught_with_one_person_is_recognised_in_another_person_only_if_shown(
    masked: Profile,
) -> None:
    analyzer = ANALYZER.with_profiles([masked])
    portrait, face = scenes.portraits()[0]
    (covered,) = analyzer.analyze(altered.masked(portrait, face))
    (bare,) = analyzer.analyze(portrait)
    assert covered.shown_states == ["masked"]
    assert bare.shown_states == []
    assert bare.states[0].percentile < covered.states[0].percentile


def test_state_does_not_change_the_scores_of_the_seven_expressions(masked: Profile) -> None:
    (plain,) = ANALYZER.analyze(scenes.astronaut())
    (taught,) = ANALYZER.with_profiles([masked]).analyze(scenes.astronaut())
    assert plain.states == ()
    assert replace(taught, states=()) == plain


def test_profile_of_a_person_raises_the_probability_of_neutral_for_their_neutral_face(
    grace: Profile,
) -> None:
    other = np.asarray(altered.narrow(Image.fromarray(scenes.hopper()), 0.65))
    (before,) = ANALYZER.analyze(other)
    (after,) = ANALYZER.with_profiles([grace]).analyze(other)
    assert before.scores is not None
    assert after.scores is not None
    assert after.scores[Expression.NEUTRAL] > before.scores[Expression.NEUTRAL]
    assert after.person == "grace"


def test_profile_of_a_person_applies_to_the_given_track_among_several_faces(
    grace: Profile,
) -> None:
    frame = Frame(np.hstack([scenes.astronaut(), scenes.astronaut()]), 0.0, 0, "two")
    assert [r.person for r in ANALYZER.with_profiles([grace]).analyze_frame(frame)] == [
        None,
        None,
    ]
    stream = ANALYZER.with_profiles([ProfileBinding(grace, track_id=2)]).stream_analyzer()
    assert [(r.track_id, r.person) for r in stream.update(frame)] == [(1, None), (2, "grace")]


def test_profile_for_a_track_overrides_a_profile_for_the_only_face(grace: Profile) -> None:
    twin = replace(grace, name="twin", person="twin")
    frame = Frame(scenes.astronaut(), 0.0, 0, "one")

    def read(*uses: ProfileBinding) -> Reading:
        (reading,) = ANALYZER.with_profiles(uses).stream_analyzer().update(frame)
        return reading

    alone = read(ProfileBinding(grace, track_id=1))
    for uses in (
        (ProfileBinding(grace, track_id=1), ProfileBinding(twin)),
        (ProfileBinding(twin), ProfileBinding(grace, track_id=1)),
    ):
        both = read(*uses)
        assert both.person == "grace"
        assert alone.scores is not None
        assert both.scores is not None
        np.testing.assert_array_equal(both.scores.probabilities, alone.scores.probabilities)


def test_leave_one_out_result_states_that_useful_profiles_help(
    masked: Profile, grace: Profile
) -> None:
    assert evaluate(masked, ANALYZER.model).correct == 5
    assert evaluate(masked, ANALYZER.model).helps
    evaluation = evaluate(grace, ANALYZER.model)
    assert evaluation.probability_after > evaluation.probability_before
    assert evaluation.helps


def test_profile_of_expressions_that_the_net_already_reads_correctly_does_not_help() -> None:
    smiles = arrays(altered.variants(Image.fromarray(scenes.astronaut())))
    smiling = Profile.from_references("smiling", smiles, analyzer=ANALYZER)
    assert evaluate(smiling, ANALYZER.model).helps is False
    clear = Profile.from_references(
        "eileen", {Expression.HAPPY: smiles}, analyzer=ANALYZER, consent=ASKED
    )
    assert evaluate(clear, ANALYZER.model).helps is False


def test_evaluation_of_a_profile_taught_with_one_picture_does_not_say_whether_it_helps() -> None:
    single = Profile.from_references(
        "grace", {Expression.NEUTRAL: [scenes.hopper()]}, analyzer=ANALYZER, consent=ASKED
    )
    assert evaluate(single, ANALYZER.model).helps is None


def test_error_for_an_unusable_reference_picture_names_the_picture(tmp_path: Path) -> None:
    one, none, two, dark = (tmp_path / f"{n}.png" for n in ("one", "none", "two", "dark"))
    Image.fromarray(scenes.astronaut()).save(one)
    Image.new("RGB", (300, 200), (90, 90, 90)).save(none)
    Image.fromarray(np.hstack([scenes.astronaut()] * 2)).save(two)
    Image.fromarray((scenes.astronaut() * 0.04).astype(np.uint8)).save(dark)
    same, differing = [one, one], {Expression.HAPPY: [one], Expression.SAD: [one]}
    for references, problem in (
        ([one, none], "none.png: no face"),
        ([one, two], "two.png: 2 faces"),
        ([one, dark], "dark.png: "),
        (same, "one.png: is the same picture"),
        (
            differing,
            "one.png: is taught as sad, but .*one.png is the same picture, taught as happy",
        ),
    ):
        with pytest.raises(ProfileError, match=problem):
            Profile.from_references("state", references, analyzer=ANALYZER, consent=ASKED)


def test_picture_taught_as_two_states_is_refused(masked: Profile) -> None:
    other = replace(
        masked,
        name="bored",
        references=tuple(replace(reference, label="bored") for reference in masked.references[2:]),
    )
    with pytest.raises(ProfileError, match="reference 1 is also a reference of 'masked'"):
        check_against(other, [masked], ANALYZER.model)


def test_profile_of_a_person_without_consent_is_refused() -> None:
    reference = Reference("neutral", np.zeros(4, np.float32), np.zeros(7, np.float32))
    with pytest.raises(ProfileError, match="the consent of asha is not recorded"):
        Profile("asha", (reference,), "net", "0", person="asha")
    with pytest.raises(ProfileError, match="consent of asha is not recorded"):
        Profile("asha", (reference,), "net", "0", person="asha", consent=Consent(" ", "2026-11-21"))


def test_two_profiles_cannot_both_apply_to_the_only_face(grace: Profile) -> None:
    twin = replace(grace, name="twin", person="twin")
    with pytest.raises(ProfileError, match="is assigned to two profiles, 'grace' and 'twin'"):
        Adapter([ProfileBinding(grace), ProfileBinding(twin)], ANALYZER.model)
    Adapter([ProfileBinding(grace, 1), ProfileBinding(twin, 2)], ANALYZER.model)


def test_error_for_a_profile_of_another_net_names_the_profile(masked: Profile) -> None:
    with pytest.raises(ProfileError, match=r"'masked' was taught with the model compact \(0f\)"):
        Analyzer(detector=CenterFace(threads=1), profiles=[replace(masked, digest="0f")])


def test_profile_is_refused_for_a_classifier_without_a_model_file(masked: Profile) -> None:
    with pytest.raises(ProfileError, match="need a model file"):
        Analyzer(detector=FixedDetector([]), classifier=FixedClassifier(), profiles=[masked])


def test_profiles_are_taught_and_used_with_the_default_head_only(masked: Profile) -> None:
    label = ExpressionClassifier(head=Head.LABEL)
    with pytest.raises(ProfileError, match="apply to the head 'taggers' of the net, but 'label'"):
        Analyzer(classifier=label, profiles=[masked])
    with pytest.raises(ProfileError, match="apply to the head 'taggers'"):
        Analyzer(classifier=label).observe(Frame(np.zeros((64, 64, 3), np.uint8), 0.0, 0, "x"), [])


def test_damaged_profiles_are_reported_by_name_and_valid_profiles_stay_readable(
    tmp_path: Path, masked: Profile
) -> None:
    store = ProfileStore(tmp_path)
    good = store.keep(masked).read_text()
    values = json.loads(good)
    reference = values["references"][0]
    for number, text in enumerate(
        [
            good[: len(good) // 2],
            "[]",
            '{"format": "something else"}',
            json.dumps(values | {"version": 2}),
            json.dumps(values | {"colour": "red"}),
            json.dumps(values | {"references": []}),
            json.dumps(values | {"references": [reference | {"logits": [1.0]}]}),
            json.dumps(values | {"references": [reference | {"features": [float("nan")]}]}),
            json.dumps(values | {"references": [reference | {"features": [1e300]}]}),
            json.dumps(values | {"person": "asha"}),
            "[" * 100_000,
        ]
    ):
        path = tmp_path / f"bad{number}.json"
        path.write_text(text)
        with pytest.raises(ProfileError, match=f"bad{number}"):
            store.load(f"bad{number}")
    assert [profile.name for profile in store.readable()] == ["masked"]
    huge = tmp_path / "huge.json"
    huge.write_bytes(b" " * (MAX_BYTES + 1))
    with pytest.raises(ProfileError, match="too large"):
        read_profile(huge)


@settings(deadline=None)
@given(
    count=st.integers(1, 5),
    size=st.integers(1, 16),
    name=st.from_regex(r"[a-z0-9][a-z0-9_-]{0,39}", fullmatch=True),
    values=st.randoms(use_true_random=False),
)
def test_written_profile_is_read_back(count: int, size: int, name: str, values: Any) -> None:
    if name in {e.display_name for e in Expression}:
        name += "x"

    def vector(length: int) -> np.ndarray:
        return np.array([values.uniform(-50, 50) for _ in range(length)], np.float32)

    references = tuple(Reference(name, vector(size), vector(7)) for _ in range(count))
    profile = Profile(name, references, "net", "0123")
    again = Profile.from_json(profile.to_json(), source="file")
    assert np.allclose(again.features, profile.features, atol=1e-4)
    assert np.allclose(again.logits, profile.logits, atol=1e-4)
    assert again.to_json() == profile.to_json()


@given(text=st.text(max_size=200))
def test_any_text_that_is_not_a_profile_raises_a_profile_error(text: str) -> None:
    with pytest.raises(ProfileError, match="file"):
        Profile.from_json(text, source="file")


@pytest.mark.parametrize("field", ["person", "model", "digest", "created", "consent"])
def test_profile_with_a_lone_surrogate_is_refused(masked: Profile, field: str) -> None:
    values = json.loads(masked.to_json())
    half = "\ud800"
    values[field] = {"given": half, "on": "2026-01-31"} if field == "consent" else half
    with pytest.raises(ProfileError, match="not valid Unicode"):
        Profile.from_json(json.dumps(values), source="the file")


def test_profile_with_too_short_vectors_is_refused(masked: Profile) -> None:
    values = json.loads(masked.to_json())
    for shot in values["references"]:
        shot["features"] = shot["features"][:5]
    short = Profile.from_json(json.dumps(values), source="the file")
    with pytest.raises(ProfileError, match="its vectors contain 5 numbers"):
        check_model(short, ANALYZER.model)


def test_about_2_percent_of_ordinary_faces_exceed_the_threshold_of_a_state(
    masked: Profile,
) -> None:
    statistics = feature_statistics_of(ANALYZER.model)
    ordinary = statistics.ordinary()
    prototype = Prototype(statistics, statistics.normalise(masked.features), ordinary[::2])
    claimed = (prototype.percentile(ordinary[1::2]) >= 0.98).mean()
    assert 0.01 < claimed < 0.03
