"""Teach a person's face or a new state from reference pictures, and manage what was taught."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from roomread.classifier import ModelFile
from roomread.errors import ProfileError
from roomread.fewshot import (
    Adapter,
    Consent,
    LeaveOneOutResult,
    Profile,
    ProfileBinding,
    evaluate,
)
from roomread.fewshot.adapter import check_model
from roomread.fewshot.profile import Observer, check_against, check_name
from roomread.media.images import Picture
from roomread.readings import Expression

MAX_PROFILES = 100
Source = TypeVar("Source")


class ProfileExistsError(ProfileError):
    """A profile of this name exists, and replacing it was not asked for."""


class TooManyProfilesError(ProfileError):
    """The owner keeps `MAX_PROFILES` profiles already."""


class ProfileNotFoundError(ProfileError):
    """The owner has no profile of this name."""


class ConsentMissingError(ProfileError):
    """A person's face is to be kept, and no consent of this person is recorded."""


class ProfileNotHelpfulError(ProfileError):
    """A profile does not read its own references better, and keeping it was not forced."""


class ProfileShelf(Protocol):
    """Where the profiles of one owner are kept; `fewshot.ProfileStore` is one."""

    def names(self) -> list[str]:
        """Return the names of all profiles, sorted."""

    def load(self, name: str) -> Profile:
        """Return one profile, or raise a `ProfileError` that names no folder."""

    def keep(self, profile: Profile, *, replace: bool = False) -> object:
        """Write one profile."""

    def delete(self, name: str) -> None:
        """Remove one profile for good, even a damaged one."""


@dataclass(frozen=True, slots=True)
class ReferencePicture(Generic[Source]):
    """One picture to learn from.

    Attributes:
        picture: a path, encoded bytes or pixels: what `decode` of `TeachingService.teach` takes.
        name: what messages call the picture.
        expression: what a person's picture shows; None for a picture of a state.
    """

    picture: Source
    name: str
    expression: Expression | None = None


@dataclass(frozen=True, slots=True)
class TeachingRequest(Generic[Source]):
    """What is to be taught.

    Attributes:
        name: of the person or the state.
        references: all with an expression (a person), or all without (a state).
        person: whose face a state's pictures show; None for a state that applies to everybody.
        consent: who agreed, and how; required where a person's face is kept.
    """

    name: str
    references: tuple[ReferencePicture[Source], ...]
    person: str | None = None
    consent: str = ""

    @property
    def is_state(self) -> bool:
        """Whether a state is taught, and not a person's face."""
        return any(reference.expression is None for reference in self.references)

    @property
    def face_of(self) -> str | None:
        """Return the person whose face is kept, and who must therefore agree."""
        return self.person if self.is_state else self.name

    def check(self) -> None:
        """Check everything that can be checked without looking at a picture.

        Raises:
            ProfileError: a name is not allowed, there is no picture, or the parts contradict each
                other.
            ConsentMissingError: a person's face is to be kept without a consent.
        """
        check_name(self.name)
        if not self.references:
            raise ProfileError(f"nothing to learn from: no picture of '{self.name}'")
        if self.is_state and any(r.expression is not None for r in self.references):
            raise ProfileError("a state and expressions are taught apart: give one kind of picture")
        if self.person is not None:
            if not self.is_state:
                raise ProfileError("a person can be named for a state only")
            check_name(self.person)
        if self.face_of is not None and not self.consent.strip():
            raise ConsentMissingError(f"no consent of {self.face_of} is recorded")


@dataclass(frozen=True, slots=True)
class TaughtProfile:
    """A profile that was taught and is not kept yet.

    Attributes:
        profile: what was learnt.
        result: the profile tried on its own references.
        model: the net that it was taught with.
    """

    profile: Profile
    result: LeaveOneOutResult
    model: ModelFile


@dataclass(frozen=True, slots=True)
class ProfileSummary:
    """A profile without its vectors, as doors list it.

    Attributes:
        name: of the profile.
        kind: "person" or "state"; empty for a damaged profile.
        person: whose face it is; None for a state that applies to everybody.
        consent: who agreed, how and when; None where no consent is recorded.
        pictures: how many references each label has.
        model: the net's name.
        digest: the net's digest.
        created: the day, as 2026-01-31.
        problem: why the profile cannot be used; None for a good one.
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
        """Return the kind in words, such as "a state of grace"."""
        if self.kind != "state":
            return "a person" if self.kind else ""
        return "a state" if self.person is None else f"a state of {self.person}"

    @property
    def pictures_text(self) -> str:
        """Return the references in words, such as "3 neutral, 1 happy"."""
        return ", ".join(f"{count} {label}" for label, count in self.pictures.items())


class TeachingService:
    """Teaches, lists, tries, imports and deletes the profiles of one owner.

    Args:
        shelf: where the owner's profiles are kept.
    """

    def __init__(self, shelf: ProfileShelf) -> None:
        self._shelf = shelf

    def teach(
        self,
        request: TeachingRequest[Source],
        analyzer: Observer,
        *,
        decode: Callable[[Source, str], NDArray[np.uint8]],
    ) -> TaughtProfile:
        """Learn from pictures and try the result; nothing is kept.

        Args:
            request: what is to be taught.
            analyzer: finds the faces and returns what the net sees.
            decode: returns the pixels of a picture, uint8 [H, W, 3], given it and its name.

        Raises:
            MediaError: a picture cannot be read.
            ProfileError: see `TeachingRequest.check` and `Profile.from_references`; or a picture
                is a reference of another state too.
        """
        request.check()
        decoded = [(r, decode(r.picture, r.name)) for r in request.references]
        if request.is_state:
            names = [reference.name for reference, _ in decoded]
            pictures: dict[Expression, list[Picture]] | list[Picture] = [p for _, p in decoded]
        else:
            by_expression = {
                e: [(r.name, p) for r, p in decoded if r.expression is e] for e in Expression
            }
            names = [name for each in by_expression.values() for name, _ in each]
            pictures = {e: [p for _, p in each] for e, each in by_expression.items() if each}
        profile = Profile.from_references(
            request.name,
            pictures,
            analyzer=analyzer,
            person=request.person,
            consent=Consent.today(request.consent) if request.consent.strip() else None,
            names=names,
        )
        check_against(profile, self._others(request.name), analyzer.model)
        return TaughtProfile(profile, evaluate(profile, analyzer.model), analyzer.model)

    def keep(self, taught: TaughtProfile, *, replace: bool = False, force: bool = False) -> None:
        """Keep a taught profile.

        Args:
            taught: what `teach` returned.
            replace: overwrite a profile of this name.
            force: keep the profile even if it does not help.

        Raises:
            ProfileNotHelpfulError: the profile does not help on its own references.
            ProfileExistsError, TooManyProfilesError: see `check_place`.
            ProfileError: a picture is a reference of another state too.
        """
        profile = taught.profile
        if taught.result.helps is False and not force:
            raise ProfileNotHelpfulError(
                f"'{profile.name}' does not help and was not kept: {taught.result}",
                hint="add clearer or more pictures",
            )
        self._keep(profile, taught.model, replace=replace)

    def import_profile(self, profile: Profile, model: ModelFile, *, replace: bool = False) -> None:
        """Keep a profile that was exported elsewhere, checked as strictly as a taught one.

        Raises:
            ProfileError: it was taught with another net, or shares a picture with another state.
            ProfileExistsError, TooManyProfilesError: see `check_place`.
        """
        check_model(profile, model)
        self._keep(profile, model, replace=replace)

    def check_place(self, name: str, *, replace: bool = False) -> None:
        """Check that a profile of this name may be kept.

        Raises:
            ProfileExistsError: there is one of this name, and `replace` is not set.
            TooManyProfilesError: the owner keeps as many as are allowed.
        """
        names = self._shelf.names()
        if name in names and not replace:
            raise ProfileExistsError(f"there is a profile '{name}' already")
        if name not in names and len(names) >= MAX_PROFILES:
            raise TooManyProfilesError(
                f"{MAX_PROFILES} profiles are kept already", hint="delete one that is not used"
            )

    def names(self) -> list[str]:
        """Return the names of all profiles, damaged ones included."""
        return self._shelf.names()

    def load(self, name: str) -> Profile:
        """Return one profile.

        Raises:
            ProfileNotFoundError: there is none of this name.
            ProfileError: it is damaged.
        """
        self._check_exists(name)
        return self._shelf.load(name)

    def summary(self, name: str) -> ProfileSummary:
        """Return one profile without its vectors; a damaged one says what is wrong with it.

        Raises:
            ProfileNotFoundError: there is none of this name.
        """
        self._check_exists(name)
        try:
            return summarize(self._shelf.load(name))
        except ProfileError as error:
            return ProfileSummary(name, problem=f"damaged: {error.problem}")

    def summaries(self) -> list[ProfileSummary]:
        """Return all profiles without their vectors, damaged ones included."""
        return [self.summary(name) for name in self._shelf.names()]

    def try_out(self, name: str, model: ModelFile) -> LeaveOneOutResult:
        """Leave each reference of a profile out, teach the others, and read the one left out.

        Raises:
            ProfileNotFoundError: there is none of this name.
            ProfileError: it is damaged, or was taught with another net.
        """
        return evaluate(self.load(name), model)

    def delete(self, name: str) -> None:
        """Delete a profile for good, even a damaged one.

        Raises:
            ProfileNotFoundError: there is none of this name.
        """
        self._check_exists(name)
        self._shelf.delete(name)

    def usable(
        self, names: Iterable[str], model: ModelFile
    ) -> tuple[list[Profile], dict[str, ProfileError]]:
        """Return those profiles that can be used together, and why each of the others cannot.

        Args:
            names: in order of preference: of two that contradict each other, the first is used.
            model: the net that reads.
        """
        good: list[Profile] = []
        refused: dict[str, ProfileError] = {}
        for name in names:
            try:
                profile = self.load(name)
                Adapter([ProfileBinding(each) for each in [*good, profile]], model)
            except ProfileError as error:
                refused[name] = error
            else:
                good.append(profile)
        return good, refused

    def _keep(self, profile: Profile, model: ModelFile, *, replace: bool) -> None:
        self.check_place(profile.name, replace=replace)
        check_against(profile, self._others(profile.name), model)
        self._shelf.keep(profile, replace=replace)

    def _check_exists(self, name: str) -> None:
        names = self._shelf.names()
        if name not in names:
            known = f"there are: {', '.join(names)}" if names else "none is kept yet"
            raise ProfileNotFoundError(f"there is no profile '{name}'", hint=known)

    def _others(self, name: str) -> Sequence[Profile]:
        """Return all other profiles that are not damaged."""
        others = []
        for other in self._shelf.names():
            if other != name:
                with contextlib.suppress(ProfileError):
                    others.append(self._shelf.load(other))
        return others


def summarize(profile: Profile) -> ProfileSummary:
    """Return a profile without its vectors."""
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
    """Return what a profile is worth on its own references, in a sentence."""
    start = {True: "It helps", False: "It does not help", None: "Not tested"}[result.helps]
    return f"{start}: {result}."
