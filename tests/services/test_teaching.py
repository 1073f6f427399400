"""Teaching a person or a state, and managing profiles, with fakes for pictures and storage."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from roomread import Expression, Frame, Reading
from roomread.classifier import ModelFile, open_model
from roomread.errors import ProfileError
from roomread.fewshot import Profile, feature_statistics_of
from roomread.fewshot.profile import Observation
from roomread.readings import Box, Quality
from roomread.services import teaching
from roomread.services.teaching import (
    ProfileExistsError,
    ProfileNotFoundError,
    ProfileNotHelpfulError,
    TeachingService,
    TooManyProfilesError,
    check_reference,
)
from roomread.services.teaching_request import (
    ConsentMissingError,
    ReferencePicture,
    TeachingRequest,
)

MODEL = open_model()
SIZE = len(feature_statistics_of(MODEL).mean)


class MemoryShelf:
    """A profile shelf in memory; `damaged` has the names of profiles that cannot be loaded."""

    def __init__(self) -> None:
        self.profiles: dict[str, Profile] = {}
        self.damaged: set[str] = set()

    def names(self) -> list[str]:
        return sorted({*self.profiles, *self.damaged})

    def load(self, name: str) -> Profile:
        if name in self.damaged:
            raise ProfileError(f"{name}: not a whole profile")
        return self.profiles[name]

    def keep(self, profile: Profile, *, replace: bool = False) -> None:
        assert replace or profile.name not in self.profiles
        self.profiles[profile.name] = profile

    def delete(self, name: str) -> None:
        self.damaged.discard(name)
        self.profiles.pop(name, None)


class FixedObserver:
    """An observer of one face per picture, whose features depend on the picture's first pixel."""

    model: ModelFile = MODEL

    def __init__(self) -> None:
        self.observed: list[str] = []

    def observe(self, frame: Frame) -> list[Observation]:
        self.observed.append(frame.source)
        seed = int(frame.image[0, 0, 0])
        # Seeds with the same tens digit are pictures of one state, with similar features.
        centre = np.random.default_rng(seed // 10).normal(size=SIZE)
        features = 6 * centre + np.random.default_rng(1000 + seed).normal(size=SIZE)
        logits = np.zeros(7, dtype=np.float32)
        logits[Expression.SAD], logits[Expression.NEUTRAL] = 2.0, 1.0 + seed % 10 / 10
        reading = Reading(
            source=frame.source,
            time=0.0,
            frame_index=0,
            box=Box(0, 0, 60, 60),
            detection_confidence=1.0,
            quality=Quality(60, 1.0, 0.5, 0.2, 0.5),
        )
        return [Observation(reading, features.astype(np.float32), logits)]


@pytest.fixture
def shelf() -> MemoryShelf:
    return MemoryShelf()


@pytest.fixture
def service(shelf: MemoryShelf) -> TeachingService:
    return TeachingService(shelf)


def decode(seed: int, _name: str) -> np.ndarray:
    return np.full((60, 60, 3), seed, dtype=np.uint8)


def state(
    name: str, *seeds: int, person: str | None = None, consent: str = ""
) -> TeachingRequest[int]:
    pictures = tuple(ReferencePicture(seed, f"{seed}.jpg") for seed in seeds)
    return TeachingRequest(name, pictures, person, consent)


def person(name: str, *seeds: int, consent: str = "in writing") -> TeachingRequest[int]:
    pictures = (ReferencePicture(seed, f"{seed}.jpg", Expression.NEUTRAL) for seed in seeds)
    return TeachingRequest(name, tuple(pictures), consent=consent)


def taught(service: TeachingService, request: TeachingRequest[int]) -> teaching.TaughtProfile:
    return service.teach(request, FixedObserver(), decode=decode)


def test_profile_of_a_taught_state_can_be_stored_listed_and_deleted(
    service: TeachingService, shelf: MemoryShelf
) -> None:
    learnt = taught(service, state("confused", 10, 11, 12, 13))
    assert shelf.names() == []
    service.keep(learnt)
    (summary,) = service.summaries()
    assert (summary.name, summary.kind_text, summary.pictures_text) == (
        "confused",
        "a state",
        "4 confused",
    )
    assert service.try_out("confused", MODEL) == learnt.result
    service.delete("confused")
    assert service.summaries() == []


def test_picture_whose_face_was_already_analyzed_is_not_analyzed_again(
    service: TeachingService,
) -> None:
    first, second = FixedObserver(), FixedObserver()
    checks = [check_reference(decode(seed, ""), f"{seed}.jpg", first) for seed in (10, 11, 12)]
    assert all(check.is_good for check in checks)
    faces = [check.face for check in checks if check.face is not None]
    pictures = [ReferencePicture(face, str(n)) for n, face in enumerate(faces)]
    request = TeachingRequest("confused", tuple(pictures))
    learnt = service.teach(request, second, decode=lambda face, _name: face)
    assert second.observed == []
    again = taught(service, state("confused", 10, 11, 12))
    np.testing.assert_array_equal(learnt.profile.features, again.profile.features)


def test_profile_of_a_taught_person_contains_the_given_consent(service: TeachingService) -> None:
    learnt = taught(service, person("asha", 20, 21, 22))
    assert learnt.profile.person == "asha"
    assert learnt.profile.counts == {"neutral": 3}
    assert learnt.profile.consent is not None
    assert learnt.profile.consent.given == "in writing"


def test_invalid_teaching_request_is_refused_before_a_picture_is_decoded(
    service: TeachingService,
) -> None:
    def no_decoding(_seed: int, name: str) -> np.ndarray:
        raise AssertionError(f"{name} was decoded")

    with pytest.raises(ProfileError, match="one of the seven"):
        service.teach(state("happy", 10), FixedObserver(), decode=no_decoding)


@pytest.mark.parametrize("consent", ["", "  "])
@pytest.mark.parametrize("of_state", [False, True])
def test_pictures_of_a_person_are_not_analyzed_without_consent(
    service: TeachingService, consent: str, *, of_state: bool
) -> None:
    observer = FixedObserver()
    asked = (
        state("odd", 10, person="asha", consent=consent)
        if of_state
        else person("asha", 20, consent=consent)
    )
    with pytest.raises(ConsentMissingError, match="the consent of asha is not recorded"):
        service.teach(asked, observer, decode=decode)
    assert observer.observed == []


def test_error_names_the_faulty_picture_when_pictures_are_not_sorted_by_expression(
    service: TeachingService,
) -> None:
    # `Profile` orders references by expression; the names must follow the pictures.
    mixed = (
        ReferencePicture(20, "neutral.jpg", Expression.NEUTRAL),
        ReferencePicture(21, "angry.jpg", Expression.ANGRY),
        ReferencePicture(21, "twin.jpg", Expression.HAPPY),
    )
    with pytest.raises(ProfileError, match=r"twin\.jpg: is taught as happy, but angry\.jpg"):
        taught(service, TeachingRequest("asha", mixed, consent="yes"))


def test_profile_that_does_not_improve_recognition_is_stored_only_when_forced(
    service: TeachingService, shelf: MemoryShelf
) -> None:
    learnt = taught(service, state("odd", 10, 11))
    useless = replace(learnt, result=replace(learnt.result, correct=0))
    with pytest.raises(ProfileNotHelpfulError, match="'odd' does not help and was not kept"):
        service.keep(useless)
    assert shelf.names() == []
    service.keep(useless, force=True)
    assert shelf.names() == ["odd"]


def test_existing_profile_is_overwritten_only_on_request(
    service: TeachingService, shelf: MemoryShelf
) -> None:
    service.keep(taught(service, state("odd", 10, 11)))
    again = taught(service, state("odd", 12, 13, 14))
    with pytest.raises(ProfileExistsError, match="there is already a profile 'odd'"):
        service.keep(again)
    assert shelf.load("odd").counts == {"odd": 2}
    service.keep(again, replace=True)
    assert shelf.load("odd").counts == {"odd": 3}


def test_full_profile_store_refuses_a_new_profile_but_allows_a_replacement(
    service: TeachingService, shelf: MemoryShelf
) -> None:
    learnt = taught(service, state("odd", 10, 11))
    shelf.damaged = {f"p{n}" for n in range(teaching.MAX_PROFILES)}
    with pytest.raises(TooManyProfilesError, match="100 profiles"):
        service.keep(learnt)
    service.check_place("p7", replace=True)
    service.delete("p7")
    service.keep(learnt)


def test_picture_that_is_already_a_reference_of_another_state_is_refused(
    service: TeachingService,
) -> None:
    early = taught(service, state("bored", 10, 11))
    service.keep(taught(service, state("confused", 10, 12)))
    with pytest.raises(ProfileError, match="reference 1 is also a reference of 'confused'"):
        taught(service, state("bored", 10, 11))
    # The profile `early` was taught before "confused" was stored.
    with pytest.raises(ProfileError, match="is also a reference of 'confused'"):
        service.keep(early)
    with pytest.raises(ProfileError, match="is also a reference of 'confused'"):
        service.import_profile(early.profile, MODEL)


def test_profile_that_was_taught_with_another_net_is_not_imported(service: TeachingService) -> None:
    foreign = replace(taught(service, state("odd", 10, 11)).profile, digest="0ld")
    with pytest.raises(ProfileError, match="was taught with the model"):
        service.import_profile(foreign, MODEL)
    assert service.names() == []


def test_damaged_profile_is_listed_with_its_problem_and_can_be_deleted(
    service: TeachingService, shelf: MemoryShelf
) -> None:
    shelf.damaged = {"broken"}
    (summary,) = service.summaries()
    assert summary.problem == "damaged: broken: not a whole profile"
    assert summary.kind_text == ""
    # Other profiles can still be taught.
    service.keep(taught(service, state("odd", 10, 11)))
    service.delete("broken")
    assert service.names() == ["odd"]


def test_error_for_an_unknown_profile_lists_the_existing_profiles(service: TeachingService) -> None:
    for call in (service.load, service.summary, service.delete):
        with pytest.raises(
            ProfileNotFoundError, match=r"no profile 'odd'.*no profile is stored yet"
        ):
            call("odd")
    service.keep(taught(service, state("confused", 10, 11)))
    with pytest.raises(ProfileNotFoundError, match="the profiles are: confused"):
        service.try_out("odd", MODEL)


def test_each_profile_that_cannot_be_used_is_returned_with_the_reason(
    service: TeachingService, shelf: MemoryShelf
) -> None:
    service.keep(taught(service, state("odd", 10, 11)))
    service.keep(taught(service, person("asha", 20, 21, 22)), force=True)
    service.keep(taught(service, person("ben", 30, 31, 32)), force=True)
    shelf.damaged = {"broken"}
    good, refused = service.usable(["asha", "ben", "broken", "gone", "odd"], MODEL)
    assert [profile.name for profile in good] == ["asha", "odd"]
    assert "is assigned to two profiles" in refused["ben"].problem
    assert "not a whole profile" in refused["broken"].problem
    assert isinstance(refused["gone"], ProfileNotFoundError)
