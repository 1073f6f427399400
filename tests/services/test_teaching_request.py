from __future__ import annotations

import pytest

from roomread.errors import ProfileError
from roomread.readings import Expression
from roomread.services.teaching_request import (
    ConsentMissingError,
    ReferencePicture,
    TeachingRequest,
)

PLAIN = ReferencePicture("1.jpg", "1.jpg")
NEUTRAL = ReferencePicture("2.jpg", "2.jpg", Expression.NEUTRAL)


@pytest.mark.parametrize(
    "request_",
    [
        TeachingRequest("confused", (PLAIN,)),
        TeachingRequest("confused", (PLAIN,), person="asha", consent="in writing"),
        TeachingRequest("asha", (NEUTRAL,), consent="in writing"),
    ],
    ids=["state for everybody", "state of a person", "person"],
)
def test_complete_teaching_request_is_accepted(request_: TeachingRequest[str]) -> None:
    request_.check()


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        (TeachingRequest("happy", (PLAIN,)), "one of the seven"),
        (TeachingRequest("../odd", (PLAIN,)), "cannot be a profile's name"),
        (TeachingRequest[str]("odd", ()), "no picture of 'odd'"),
        (TeachingRequest("odd", (PLAIN,), "../x", "yes"), "cannot be a profile's name"),
        (TeachingRequest("asha", (NEUTRAL,), "ben", "yes"), "only with pictures of a state"),
        (TeachingRequest("asha", (PLAIN, NEUTRAL), consent="yes"), "only some of the pictures"),
    ],
)
def test_invalid_teaching_request_is_refused(request_: TeachingRequest[str], problem: str) -> None:
    with pytest.raises(ProfileError, match=problem):
        request_.check()


@pytest.mark.parametrize("consent", ["", "  "])
@pytest.mark.parametrize("reference", [PLAIN, NEUTRAL], ids=["state", "person"])
def test_request_to_teach_faces_of_a_person_without_consent_is_refused(
    reference: ReferencePicture[str], consent: str
) -> None:
    person = "asha" if reference is PLAIN else None
    request = TeachingRequest("asha" if person is None else "odd", (reference,), person, consent)
    with pytest.raises(ConsentMissingError, match="the consent of asha is not recorded"):
        request.check()
