"""Summarise profiles for lists, without their vectors."""

from __future__ import annotations

from dataclasses import dataclass, field

from roomread.fewshot import LeaveOneOutResult, Profile


@dataclass(frozen=True, slots=True)
class ProfileSummary:
    """The properties of a profile that a list shows.

    Attributes:
        name: the name of the profile.
        kind: "person", or "state" for a state such as tired; empty for a damaged profile.
        person: the name of the person; None for a state of no particular person.
        consent: who agreed, how and when; None if no consent is recorded.
        pictures: the number of reference pictures of each expression or state.
        model: the name of the net with which the profile was taught.
        digest: the digest of this net.
        created: the day on which the profile was taught, such as 2026-01-31.
        problem: the reason why the profile cannot be used; None if it can be used.
    """

    name: str
    kind: str = ""
    person: str | None = None
    consent: str | None = None
    pictures: dict[str, int] = field(default_factory=dict)
    model: str = ""
    digest: str = ""
    created: str = ""
    problem: str | None = None

    @property
    def kind_text(self) -> str:
        """The kind as text, such as "a state of asha" for a state of the person "asha"."""
        if self.kind != "state":
            return "a person" if self.kind else ""
        return "a state" if self.person is None else f"a state of {self.person}"

    @property
    def pictures_text(self) -> str:
        """The numbers of reference pictures as text, such as "3 neutral, 1 happy"."""
        return ", ".join(f"{count} {label}" for label, count in self.pictures.items())


def summarize(profile: Profile) -> ProfileSummary:
    """Return the properties of a profile that a list shows."""
    consent = profile.consent
    return ProfileSummary(
        name=profile.name,
        kind="state" if profile.is_state else "person",
        person=profile.person,
        consent=f"{consent.given} ({consent.on})" if consent is not None else None,
        pictures=profile.counts,
        model=profile.model,
        digest=profile.digest,
        created=profile.created,
    )


def verdict(result: LeaveOneOutResult) -> str:
    """Return a sentence that states whether a profile improves the reading of its references."""
    if result.helps is False and result.correct_before == result.references:
        return f"Already read right: there is nothing to learn. {result}."
    if result.helps is None:
        return f"Not tested: {result}."
    return f"It helps: {result}." if result.helps else f"It does not help: {result}."
