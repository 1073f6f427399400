from __future__ import annotations

from dataclasses import replace

import numpy as np

from roomread.fewshot import Consent, LeaveOneOutResult, Profile, Reference
from roomread.readings import Expression
from roomread.services.profile_summary import ProfileSummary, summarize, verdict

RESULT = LeaveOneOutResult(4, 4, None, 0.0, 0.0, 0.0, Expression.SAD)


def references(*labels: str) -> tuple[Reference, ...]:
    return tuple(
        Reference(label, np.ones(8, np.float32), np.ones(7, np.float32)) for label in labels
    )


def test_summary_of_a_person_profile_has_the_consent_and_the_picture_counts() -> None:
    agreed = Consent("in writing", "2026-01-31")
    taught = references("neutral", "neutral", "happy")
    summary = summarize(Profile("asha", taught, "compact", "abc", "asha", agreed, "2026-02-01"))
    assert summary.kind_text == "a person"
    assert summary.pictures_text == "2 neutral, 1 happy"
    assert summary.consent == "in writing (2026-01-31)"
    assert (summary.model, summary.digest, summary.created) == ("compact", "abc", "2026-02-01")


def test_summary_of_a_state_taught_for_one_person_names_the_person() -> None:
    agreed = Consent("in writing", "2026-01-31")
    profile = Profile("confused", references("confused"), "compact", "abc", "asha", agreed)
    assert summarize(profile).kind_text == "a state of asha"
    everybody = replace(profile, person=None, consent=None)
    assert summarize(everybody).kind_text == "a state"


def test_summary_of_a_damaged_profile_has_no_kind_and_no_pictures() -> None:
    summary = ProfileSummary("broken", problem="damaged: not text")
    assert (summary.kind_text, summary.pictures_text) == ("", "")


def test_verdict_says_whether_the_profile_helps() -> None:
    assert verdict(RESULT).startswith("It helps: 4 of 4")
    assert verdict(replace(RESULT, correct=1)).startswith("It does not help: 1 of 4")


def test_verdict_says_that_nothing_can_be_learnt_when_all_pictures_are_read_correctly() -> None:
    right = replace(RESULT, correct=4, correct_before=4, gain=0.0)
    assert verdict(right).startswith("Already read right: there is nothing to learn. 4 of 4")


def test_verdict_says_that_a_profile_taught_with_one_picture_is_not_tested() -> None:
    assert verdict(replace(RESULT, references=1)).startswith("Not tested: taught with one picture")
